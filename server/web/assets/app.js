// What makes the pages more pleasant. Everything works without it.

document.getElementById("summary")?.focus();

// The menu closes when one looks elsewhere.
const menu = document.querySelector("details.more");
document.addEventListener("click", (event) => { if (!menu?.contains(event.target)) menu?.removeAttribute("open"); });
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !menu?.open) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

// A form is sent once, however often its button is pressed. The key inside would protect it too.
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented) return; // whoever stopped it sends it later
  if (event.target.dataset.sent) event.preventDefault();
  event.target.dataset.sent = "yes";
});
addEventListener("pageshow", () => document.querySelectorAll("[data-sent]").forEach((form) => delete form.dataset.sent));

// Suggestions for persons while typing.
let typing;
document.addEventListener("input", (event) => {
  const input = event.target;
  if (!input.matches("[data-people]") || input.value.trim() === "") return;
  clearTimeout(typing);
  typing = setTimeout(async () => {
    const answer = await fetch("/people?q=" + encodeURIComponent(input.value), { headers: { "HX-Request": "true" } });
    if (answer.ok) document.getElementById("people").innerHTML = await answer.text();
  }, 250);
});

// Keys for those who sign: in the inbox, and beside the decision of a case. The sheet that "?" opens names them, and turns them off.
const keys = document.getElementById("keys");
const off = keys?.querySelector("[name=off]");
if (off) off.checked = localStorage.getItem("keys") === "off";
off?.addEventListener("change", () => localStorage.setItem("keys", off.checked ? "off" : "on"));
document.getElementById("keys-open")?.addEventListener("click", () => keys.showModal());

const acts = {
  j: () => stepTask(1),
  k: () => stepTask(-1),
  o: () => taskAt()?.click(),
  a: () => choose("approve"),
  r: () => choose("return"),
  "?": () => keys.showModal(),
};

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input:not([type=radio], [type=checkbox]), textarea, select");
  if (!keys || keys.open || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const act = acts[event.key];
  if (!act || (off.checked && event.key !== "?")) return;
  event.preventDefault();
  act();
});

// taskAt is the task that has the focus, or whose row is open around it.
function taskAt() {
  const row = document.activeElement.closest(".opened")?.previousElementSibling ?? document.activeElement;
  return row.matches("[data-task]") ? row : row.querySelector(":scope > td > [data-task]");
}

function stepTask(by) {
  const tasks = [...document.querySelectorAll("[data-task]")];
  if (tasks.length === 0) return;
  const at = tasks.indexOf(taskAt());
  tasks[at < 0 ? 0 : Math.min(Math.max(at + by, 0), tasks.length - 1)].focus();
}

// In the list it opens the row, or else the case, at the decision; beside the decision it makes the choice, which the button
// confirms.
function choose(verdict) {
  const task = document.activeElement;
  if (task.matches("[data-task]")) {
    if (!task.dispatchEvent(new CustomEvent("open-task", { bubbles: true, cancelable: true, detail: verdict }))) return;
    const to = new URL(task.href);
    to.searchParams.set("verdict", verdict);
    to.hash = "f-reason";
    location.assign(to);
    return;
  }
  const choice = document.querySelector(`#decide [name=decision][value=${verdict}]`);
  if (!choice) return;
  choice.checked = true;
  document.getElementById("f-reason").focus();
}

// On a narrow window the tab of the page may stand beyond the edge of its row.
for (const tabs of document.querySelectorAll(".tabs")) {
  const here = tabs.querySelector("[aria-current]");
  if (here) tabs.scrollLeft = here.offsetLeft - tabs.offsetLeft - (tabs.clientWidth - here.offsetWidth) / 2;
}
