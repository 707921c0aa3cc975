"""What Messenger's service must not forget: events, replies to be sent, who owns a conversation, labels.

One database, an SQLite file or PostgreSQL by URL. The queue's own tables (DBOS) lie beside these; no
text of a chat is in them. Functions take an open Connection, so that what belongs together is one
transaction of the caller's.
"""
