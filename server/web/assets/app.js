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

// A draft that was changed and not saved is not lost by a slip.
const draft = document.getElementById("draft");
let unsaved = false;
draft?.addEventListener("input", () => { unsaved = true; });
draft?.addEventListener("submit", () => { unsaved = false; });
addEventListener("beforeunload", (event) => { if (unsaved) event.preventDefault(); });

// A form is sent once, however often its button is pressed. The key inside would protect it too.
document.addEventListener("submit", (event) => {
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

// Rows come and go without asking the server.
draft?.addEventListener("click", (event) => {
  const button = event.target.closest("button[name=do]");
  const [verb, list, index] = button?.value.split("-") ?? [];
  if (list === "documents" || (verb !== "add" && verb !== "remove")) return;
  const rows = [...button.closest("fieldset").querySelectorAll(":scope > .item")];
  if (rows.length === (verb === "add" ? 0 : 1)) return; // the first row, and none at all, are made by the server
  event.preventDefault();
  if (verb === "add") {
    const row = rows.at(-1).cloneNode(true);
    blank(row);
    rows.at(-1).after(row);
    rows.push(row);
  } else {
    rows.splice(Number(index), 1)[0].remove();
  }
  rows.forEach((row, i) => renumber(row, list, i, rows.length));
  if (verb === "add") rows.at(-1).querySelector("input, select").focus();
  draft.dispatchEvent(new Event("input", { bubbles: true }));
});

function blank(row) {
  row.querySelectorAll(".error, .item .hint").forEach((element) => element.remove());
  row.querySelectorAll("[aria-invalid]").forEach((element) => element.removeAttribute("aria-invalid"));
  row.querySelectorAll("input:not([name$='.currency'])").forEach((input) => { input.value = ""; });
  row.querySelectorAll("select").forEach((select) => { select.selectedIndex = select.name.endsWith(".role") ? 1 : 0; });
}

function renumber(row, list, i, count) {
  for (const attribute of ["id", "for", "name", "value", "aria-describedby"]) {
    row.querySelectorAll(`label, [${attribute}]`).forEach((element) => {
      const value = element.getAttribute(attribute);
      if (value === null || (attribute === "value" && element.tagName !== "BUTTON")) return;
      element.setAttribute(attribute, value.replace(new RegExp(`(${list}[-[])\\d+`), `$1${i}`));
    });
  }
  const title = row.querySelector("h3");
  title.textContent = title.textContent.replace(/\d+$/, i + 1);
  const head = row.querySelector(".itemhead");
  if (!head.querySelector("button")) {
    const button = document.querySelector(`#f-${list} .itemhead button`)?.cloneNode(true) ?? removeButton();
    head.append(button);
  }
  const button = head.querySelector("button");
  button.value = `remove-${list}-${i}`;
  button.hidden = count === 1 && list !== "budget"; // a list that may be empty
}

function removeButton() {
  const button = document.createElement("button");
  button.className = "button quiet";
  button.name = "do";
  button.textContent = draft.dataset.remove;
  return button;
}

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
