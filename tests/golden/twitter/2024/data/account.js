window.YTD.account.part0 = [
  {
    "account": {
      "email": "kim@example.org",
      "username": "kim",
      "accountId": "11",
      "createdAt": "2010-01-01T00:00:00.000Z",
      "accountDisplayName": "Kim Berg"
    }
  }
]