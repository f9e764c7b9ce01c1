// Shows times as people read them, and the sandbox's latest state every two seconds.
"use strict";

const readable = (root) => {
  for (const time of root.querySelectorAll("time")) {
    time.textContent = new Date(Number(time.textContent) * 1000).toLocaleTimeString();
  }
};

const refresh = async () => {
  try {
    const answer = await fetch("/", { signal: AbortSignal.timeout(10000) });
    const next = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("main");
    readable(next);
    document.querySelector("main").replaceWith(next);
    document.title = "Session sandbox";
  } catch {
    document.title = "Session sandbox (stopped)";
  }
  setTimeout(refresh, 2000);
};

readable(document);
setTimeout(refresh, 2000);
