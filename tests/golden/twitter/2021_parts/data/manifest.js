window.__THAR_CONFIG = {
  "userInfo" : { "accountId" : "11", "userName" : "kim", "displayName" : "Kim Berg" },
  "dataTypes" : { }
}