// The inbox of those who sign: a row opens in place with what one decides on.

const list = document.getElementById("inbox");
const say = (text) => { document.getElementById("arrived").textContent = text; };

document.addEventListener("open-task", (event) => {
  const row = event.target.closest("#tasks > tr");
  if (!row) return;
  event.preventDefault();
  open(row, event.detail);
});

list?.addEventListener("keydown", (event) => {
  const row = event.target.closest("#tasks > tr");
  if (event.key === "Escape" && row?.matches(".opened")) {
    const task = row.previousElementSibling.querySelector("[data-task]");
    close();
    task.focus();
  }
  const off = localStorage.getItem("keys") === "off";
  if (event.key !== "Enter" || off || event.ctrlKey || event.metaKey || event.shiftKey || !event.target.matches("[data-task]") || isOpen(row)) return;
  event.preventDefault();
  open(row);
});

list?.addEventListener("click", (event) => {
  const row = event.target.closest("#tasks > tr:not(.opened)");
  if (!row || (event.target.closest("a, button") && !event.target.closest("[data-expand]")) || getSelection().toString()) return;
  isOpen(row) ? close() : open(row);
});

const isOpen = (row) => row.nextElementSibling?.matches(".opened") ?? false;

// What was typed into a row that is closed comes back when it is opened again; decisions are checked against the version shown.
const typed = new WeakMap();

function close() {
  const panel = list.querySelector(".opened");
  if (!panel) return;
  const row = panel.previousElementSibling;
  const form = panel.querySelector("#decide form");
  if (form && [...form.elements].some((field) => field.type === "radio" ? field.checked : field.matches("textarea") && field.value)) typed.set(row, panel);
  else typed.delete(row);
  panel.remove();
  row.querySelector("[data-expand]").setAttribute("aria-expanded", "false");
}

async function open(row, verdict) {
  const link = row.querySelector("[data-task]");
  if (!isOpen(row)) {
    const panel = typed.get(row) ?? await fetched(link);
    if (!panel) return;
    close();
    row.after(panel);
    row.querySelector("[data-expand]").setAttribute("aria-expanded", "true");
    row.scrollIntoView({ block: "nearest" });
  }
  const choice = verdict && row.nextElementSibling.querySelector(`#decide [name=decision][value=${verdict}]`);
  if (!choice) return;
  choice.checked = true;
  document.getElementById("f-reason").focus();
}

// fetched is the row below a task. Where it cannot be had, the case is opened.
async function fetched(link) {
  const from = new URL(link.href);
  from.pathname += "/summary";
  from.hash = "";
  const answer = await fetch(from, { headers: { "HX-Request": "true" } }).catch(() => undefined);
  if (!answer?.ok || answer.redirected) return void location.assign(link.href);
  return panelOf(await answer.text());
}

function panelOf(html) {
  const panel = document.createElement("tr");
  panel.className = "opened";
  panel.innerHTML = '<td colspan="5"></td>';
  panel.firstChild.innerHTML = html;
  return panel;
}

// A decision is sent from the row; what the server does not take comes back into it. Anything else is sent as a page would.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  const panel = form.closest(".opened");
  if (!panel || !form.action.endsWith("/decide")) return;
  event.preventDefault();
  const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { "HX-Request": "true" } }).catch(() => undefined);
  if (!answer) {
    delete form.dataset.sent;
    return say(list.dataset.failed);
  }
  if (answer.status === 204) return decided(panel);
  if (answer.redirected || ![409, 422, 503].includes(answer.status)) return form.submit();
  const again = panelOf(await answer.text());
  panel.replaceWith(again);
  again.querySelector("#summary")?.focus();
});

// decided takes the row away and goes on with the next.
function decided(panel) {
  const row = panel.previousElementSibling;
  const next = panel.nextElementSibling ?? row.previousElementSibling;
  panel.remove();
  row.remove();
  if (!next) return location.reload();
  say(list.dataset.decided);
  next.querySelector("[data-task]").focus();
}

// While the page is in sight a stream says how much waits. Only one in sight has one: a browser keeps few connections to a site.
const badge = document.getElementById("waiting");
let stream;
let looked = false; // the page is newer than the first message, which the badge can tell

function listen() {
  if (document.hidden || stream) return;
  stream = new EventSource("/events");
  stream.addEventListener("inbox", (event) => changed(JSON.parse(event.data).waiting));
  stream.addEventListener("error", () => { if (stream?.readyState === EventSource.CLOSED) stream = undefined; });
}

function unlisten() {
  stream?.close();
  stream = undefined;
}

if (badge) {
  listen();
  document.addEventListener("visibilitychange", () => (document.hidden ? unlisten() : listen()));
  addEventListener("pagehide", unlisten);
  addEventListener("pageshow", listen);
}

function changed(waiting) {
  const same = badge.firstChild.textContent === waiting;
  badge.firstChild.textContent = waiting;
  badge.hidden = waiting === "0";
  if (list && !(same && !looked)) refresh();
  looked = true;
}

// refresh holds the list against what waits now. Nothing moves: what is gone is marked, what is new is counted and comes when
// it is asked for.
let refreshing;
let again = false;
const ended = list && !list.querySelector("[rel=next]");
const end = rows().at(-1)?.dataset.place ?? "";

function rows() { return [...(list?.querySelectorAll("#tasks > tr:not(.opened)") ?? [])]; }
function idOf(row) { return row.querySelector("[data-task]").getAttribute("href"); }

async function refresh() {
  again = true;
  if (refreshing) return;
  refreshing = true;
  while (again) {
    again = false;
    const answer = await fetch(location.href, { headers: { "HX-Request": "true" } }).catch(() => undefined);
    if (answer?.ok && !answer.redirected) compare(new DOMParser().parseFromString(await answer.text(), "text/html"));
  }
  refreshing = false;
}

function compare(page) {
  const tabs = list.querySelector(".tabs");
  const counts = page.querySelector(".tabs");
  if (tabs && counts && !tabs.contains(document.activeElement)) tabs.replaceWith(counts);
  const fresh = [...page.querySelectorAll("#tasks > tr")];
  const there = new Set(fresh.map(idOf));
  const last = page.querySelector("[rel=next]") ? fresh.at(-1).dataset.place : "~"; // behind it nothing is known
  rows().forEach((row) => mark(row, !there.has(idOf(row)) && row.dataset.place <= last));
  const shown = new Set(rows().map(idOf));
  announce(fresh.filter((row) => !shown.has(idOf(row)) && (ended || row.dataset.place < end)));
}

function mark(row, gone) {
  row.classList.toggle("gone", gone);
  const note = row.querySelector(".gone-note");
  if (!gone) return note?.remove();
  if (note) return;
  const said = document.createElement("span");
  said.className = "sub late gone-note";
  said.textContent = list.dataset.gone;
  row.firstElementChild.append(said);
}

function announce(arrived) {
  if (arrived.length === 0) return document.querySelector("#arrived button") ? say("") : undefined;
  say(list.dataset.arrived.replace("{n}", arrived.length));
  const show = document.createElement("button");
  show.type = "button";
  show.className = "button";
  show.textContent = list.dataset.show;
  show.addEventListener("click", () => showAll(arrived));
  document.getElementById("arrived").append(show);
}

function showAll(arrived) {
  const body = document.getElementById("tasks");
  if (!body) return location.reload();
  rows().filter((row) => row.matches(".gone") && !isOpen(row)).forEach((row) => row.remove());
  for (const row of arrived) body.insertBefore(row, rows().find((other) => other.dataset.place > row.dataset.place) ?? null);
  say("");
  arrived[0].querySelector("[data-task]").focus();
}
