(messages) => {
  const plain = (text) => new DOMParser().parseFromString(text, "text/html").documentElement.textContent;
  const texts = (content) =>
    typeof content === "string" ? [content] : content.map((part) => part.text).filter((text) => text !== undefined);
  const turns = (messages || []).map((one) => ({
    role: one.role,
    content: texts(one.content).map(plain).join("\n"),
  }));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([JSON.stringify(turns, null, 1)], { type: "application/json" }));
  link.download = "conversation.json";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
