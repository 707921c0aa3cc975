window.YTD.direct_messages_group.part0 = [
  {
    "dmConversation": {
      "conversationId": "777",
      "messages": [
        {
          "messageCreate": {
            "reactions": [],
            "urls": [],
            "text": "hello both",
            "mediaUrls": [],
            "senderId": "33",
            "id": "911",
            "createdAt": "2018-05-02T10:00:01.000Z"
          }
        },
        {
          "joinConversation": {
            "initiatingUserId": "33",
            "participantsSnapshot": [
              "11",
              "22",
              "33"
            ],
            "createdAt": "2018-05-02T10:00:00.000Z"
          }
        }
      ]
    }
  }
]