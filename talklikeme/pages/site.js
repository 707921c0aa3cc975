() => {
  // Gradio 6.31 calls the ways to begin a list, but none of them an item, which a screen reader cannot read out.
  const mend = () =>
    document.querySelectorAll("#chat .examples[role=list]").forEach((list) => list.removeAttribute("role"));
  new MutationObserver(mend).observe(document.body, { childList: true, subtree: true });
  mend();
}
