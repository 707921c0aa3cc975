"""Where friends meet the model: a page in the browser and a Facebook Messenger webhook.

Channels know the Replier protocol and nothing of the model behind it; they import no torch.
"""
