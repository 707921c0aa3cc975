window.YTD.direct_messages.part0 = [
  {
    "dmConversation": {
      "conversationId": "11-22",
      "messages": [
        {
          "messageCreate": {
            "recipientId": "22",
            "reactions": [],
            "urls": [],
            "text": "Fish &amp; chips? 🐟",
            "mediaUrls": [],
            "senderId": "11",
            "id": "903",
            "createdAt": "2018-05-01T10:00:02.003Z"
          }
        },
        {
          "messageCreate": {
            "recipientId": "11",
            "reactions": [],
            "urls": [
              {
                "url": "https://t.co/abc",
                "expanded": "https://example.org/menu",
                "display": "example.org/menu"
              }
            ],
            "text": "yes https://t.co/abc",
            "mediaUrls": [],
            "senderId": "22",
            "id": "902",
            "createdAt": "2018-05-01T10:00:01.002Z"
          }
        },
        {
          "messageCreate": {
            "recipientId": "11",
            "reactions": [],
            "urls": [],
            "text": "1 &lt; 2\nright",
            "mediaUrls": [],
            "senderId": "22",
            "id": "901",
            "createdAt": "2018-05-01T10:00:00.001Z"
          }
        }
      ]
    }
  }
]