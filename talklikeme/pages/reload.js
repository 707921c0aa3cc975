() => {
  const look = async () => {
    try {
      const answer = await fetch("healthz", { cache: "no-store" });
      const health = await answer.json();
      if (health.status === "ok") return location.reload();
    } catch {
      // it is just starting
    }
    setTimeout(look, 500);
  };
  setTimeout(look, 500);
}
