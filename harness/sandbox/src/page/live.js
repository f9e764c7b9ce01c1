// Shows new content every two seconds. Elements whose content has not changed stay in the document, so that
// the selection, the scroll position and open parts stay too. It also opens a transaction in its row, and
// copies texts.
"use strict";

const parse = (text) => new DOMParser().parseFromString(text, "text/html");

const get = async (url) => {
  const answer = await fetch(url, { signal: AbortSignal.timeout(10000) });
  if (!answer.ok) throw Object.assign(new Error(answer.statusText), { status: answer.status });
  return parse(await answer.text());
};

// An element with selected text stays until the selection is gone.
const isSelected = (element) => {
  const selection = document.getSelection();
  return selection && !selection.isCollapsed && selection.containsNode(element, true);
};

const focusable = (element) => [...element.querySelectorAll("a, button, summary, [tabindex]")];

const isSame = (old, next) => {
  const [one, other] = [old, next].map((element) => {
    const copy = element.cloneNode(true);
    for (const details of copy.querySelectorAll("details")) details.removeAttribute("open");
    return copy.outerHTML;
  });
  return one === other;
};

const replace = (old, next) => {
  if (isSame(old, next) || isSelected(old)) return;
  const focused = focusable(old).indexOf(document.activeElement);
  const open = [...old.querySelectorAll("details")].map((details) => details.open);
  next.querySelectorAll("details").forEach((details, index) => { details.open = open[index] ?? false; });
  old.replaceWith(next);
  focusable(next)[focused]?.focus({ preventScroll: true });
};

// Makes the children of `old` the same as those of `next`, by their ids.
const reconcile = (old, next, changes) => {
  const wanted = new Set([...next.children].map((child) => child.id));
  for (const child of [...old.children]) {
    if (!wanted.has(child.id) && !isSelected(child)) child.remove();
  }
  let place = old.firstElementChild;
  for (const child of [...next.children]) {
    const known = [...old.children].find((it) => it.id === child.id);
    if (!known) {
      old.insertBefore(child, place);
      continue;
    }
    if (known !== place && !isSelected(known)) old.insertBefore(known, place);
    place = known.nextElementSibling;
    if (changes) replace(known, child);
  }
};

// Says in the rows how often each was refused, whether they are open or not.
const count = (newRows) => {
  for (const next of newRows.querySelectorAll("summary .times")) {
    for (const old of document.querySelectorAll(`#${next.closest("li").id} .times`)) {
      if (old.textContent !== next.textContent && !isSelected(old)) old.textContent = next.textContent;
    }
  }
};

const update = (page) => {
  const [rows, newRows] = [document, page].map((it) => it.querySelector("#transactions"));
  const [feed, newFeed] = [document, page].map((it) => it.querySelector("#feed"));
  if (feed.dataset.opening !== newFeed.dataset.opening) {
    // The rows are another chain's, so none of them stays, or stays open.
    if (!isSelected(feed)) feed.replaceWith(newFeed);
  } else if (rows && newRows) {
    // A row only ever changes in how often the same was refused, so only new ones are added.
    reconcile(rows, newRows, false);
    count(newRows);
    replace(feed.querySelector(".count"), newFeed.querySelector(".count"));
  } else {
    replace(feed, newFeed);
  }
  const [cards, newCards] = [document, page].map((it) => it.querySelector("#sessions .cards"));
  if (cards.children.length && newCards.children.length) reconcile(cards, newCards, true);
  else replace(document.querySelector("#sessions"), page.querySelector("#sessions"));
  replace(document.querySelector("#clock"), page.querySelector("#clock"));
  replace(document.querySelector("#places"), page.querySelector("#places"));
};

// Returns the row or card that somebody reads: with selected text, or open and with the focus.
const read = () => {
  const selection = document.getSelection();
  const isSelecting = selection && !selection.isCollapsed;
  const node = isSelecting ? selection.anchorNode : document.activeElement;
  const element = (node?.closest ? node : node?.parentElement)?.closest("#transactions > li, article[id]");
  return isSelecting || element?.querySelector("details[open]") ? element : null;
};

// Changes the page, and scrolls so that what is read stays at its place on the screen. The browser's own
// anchoring is off meanwhile, since with two columns it may hold an element of the other column.
const holding = (change) => {
  const id = read()?.id;
  const place = () => document.getElementById(id)?.getBoundingClientRect();
  const before = id && place();
  if (!before || before.bottom < 0 || before.top > innerHeight) return change();
  const { style } = document.documentElement;
  style.overflowAnchor = "none";
  change();
  const after = place();
  if (after) scrollBy(0, after.top - before.top);
  style.overflowAnchor = "";
};

const say = (text) => {
  const notice = document.querySelector("#notice");
  if (notice.textContent !== text) notice.textContent = text;
  document.title = text.startsWith("Stopped") ? "Session sandbox (stopped)" : "Session sandbox";
};

const refresh = async () => {
  try {
    const page = await get("/");
    say("");
    holding(() => update(page));
  } catch ({ status }) {
    if (status) say(`Not up to date: the sandbox answers with HTTP status ${status}. This page tries again.`);
    else say("Stopped: nothing answers here any more. What is shown is what was last. Start it again by session-harness serve.");
  }
  setTimeout(refresh, 2000);
};

document.addEventListener("toggle", async ({ target }) => {
  const link = target.open && target.querySelector(":scope > .body > a");
  if (!link) return;
  try {
    const whole = (await get(link.href)).querySelector(".whole-entry");
    // After a reset the same number may be another chain's transaction.
    if (whole.dataset.opening !== document.querySelector("#feed").dataset.opening) throw new Error("reset");
    link.replaceWith(whole);
  } catch {
    link.textContent = "It is not remembered any more";
  }
}, true);

document.addEventListener("click", async ({ target }) => {
  if (!target.matches?.(".copy")) return;
  const text = target.parentElement.querySelector("code, pre");
  try {
    await navigator.clipboard.writeText(text.textContent);
    target.textContent = "Copied";
  } catch {
    // Where there is no clipboard, as for a page from another machine, the text is selected, so that it can
    // be copied by keyboard.
    document.getSelection().selectAllChildren(text);
    target.textContent = "Selected";
  }
  setTimeout(() => { target.textContent = "Copy"; }, 1500);
});

if (document.querySelector("#feed")) setTimeout(refresh, 2000);
