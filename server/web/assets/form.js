// What makes the form of a request more pleasant: it saves as one types, rows come and go, files are dropped. Everything works
// without it.

const draft = document.getElementById("draft");
const status = document.getElementById("kept");
const uploads = document.getElementById("uploads");
const say = status.dataset;

// Saving a moment after the last change -----------------------------------------------------------------------------------

let unsaved = "unsaved" in draft.dataset; // something was typed that is not saved
let stopped = "changed" in draft.dataset; // the draft was changed elsewhere: only the button saves, on purpose
let saving = null; // the promise of the save under way
let again = false; // something was typed meanwhile
let timer;
let sending = 0; // files on their way

const pause = 1200; // milliseconds without a change
const retry = 10000;

function tell(text, bad) {
  if (status.textContent !== text) status.textContent = text;
  status.classList.toggle("bad", bad);
}

function soon(wait = pause) {
  clearTimeout(timer);
  if (!stopped) timer = setTimeout(save, wait);
}

// What is sent: all but the files, which stay chosen.
function typed() {
  const data = new FormData(draft);
  for (const [name, value] of [...data]) if (value instanceof File || name.startsWith("roster")) data.delete(name);
  return data;
}

async function save() {
  clearTimeout(timer);
  if (saving) {
    again = true;
    return saving;
  }
  if (!unsaved || stopped) return null;
  unsaved = false;
  saving = send();
  await saving;
  saving = null;
  if (again) {
    again = false;
    soon();
  }
  return null;
}

async function send() {
  try {
    const answer = await fetch("/visits/keep", { method: "POST", body: typed(), headers: { Accept: "application/json" } });
    if (!answer.ok || answer.redirected) throw new Error(answer.status);
    keep(await answer.json());
  } catch {
    unsaved = true;
    tell(say.failed, true);
    soon(retry);
  }
}

function keep(answer) {
  tell(answer.text, !answer.kept);
  if (!answer.kept) {
    unsaved = true;
    if (answer.changed) conflict(answer);
    return;
  }
  draft.elements.revision.value = answer.revision;
  if (draft.elements.id.value === "") name(answer.id);
  if (papers.querySelector(".mark:not(:has(a))")) draft.dispatchEvent(new Event("redraw")); // what is saved can be opened
}

// The first save gives the page its address.
function name(id) {
  const address = `/visits/${id}/edit`;
  draft.elements.id.value = id;
  draft.action = address;
  history.replaceState(history.state, "", address);
  document.querySelectorAll("input[name=back]").forEach((back) => { back.value = address; });
  document.getElementById("number").textContent = id;
}

function conflict(answer) {
  stopped = true;
  const other = document.createElement("a");
  other.href = `/visits/${answer.id}/edit`;
  other.target = "_blank";
  other.rel = "noopener";
  other.textContent = say.other;
  status.append(" ", other);
}

function changed() {
  unsaved = true;
  if (!stopped && status.classList.contains("bad")) tell("", false);
  soon();
}

draft.addEventListener("input", changed);
draft.addEventListener("change", (event) => { if (event.target.type !== "file") changed(); });
addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") save(); });
addEventListener("beforeunload", (event) => { if (unsaved || saving || sending) event.preventDefault(); });

// A button waits for the save and the files that are under way: what it sends must name the revision they made.
let pressed = null;
draft.addEventListener("submit", (event) => {
  clearTimeout(timer);
  if (!saving && sending === 0) {
    unsaved = false;
    return;
  }
  event.preventDefault();
  if (!pressed) waitThenSend();
  pressed = event.submitter;
});

async function waitThenSend() {
  while (saving || sending > 0) {
    again = false;
    await (saving ?? new Promise((done) => setTimeout(done, 50)));
    await null; // save() clears what is under way
  }
  const button = pressed;
  pressed = null;
  draft.requestSubmit(button);
}

// Documents: chosen or dropped, sent at once, shown in the list ------------------------------------------------------------

draft.classList.add("scripted"); // shows where files can be dropped

draft.addEventListener("change", (event) => {
  const input = event.target;
  const kind = input.name?.startsWith("upload.") && input.name.slice("upload.".length);
  if (!kind || input.files.length === 0) return;
  attach(kind, [...input.files]);
  input.value = "";
});

const place = (event) => event.target.closest?.("[data-drop]");
const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");

for (const kind of ["dragenter", "dragover"]) {
  document.addEventListener(kind, (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault(); // a file that misses the list must not replace the page
    draft.querySelectorAll(".over").forEach((element) => element.classList.remove("over"));
    const to = place(event);
    to?.classList.add("over");
    event.dataTransfer.dropEffect = to ? "copy" : "none";
  });
}
document.addEventListener("dragleave", (event) => place(event)?.classList.remove("over"));
document.addEventListener("drop", (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  const to = place(event);
  to?.classList.remove("over");
  if (to) attach(to.dataset.drop, [...event.dataTransfer.files]);
});

function attach(kind, files) {
  for (const file of files) {
    const line = document.createElement("p");
    line.append(`${file.name} `);
    uploads.append(line);
    if (file.size > Number(uploads.dataset.most)) {
      line.append(uploads.dataset.large);
      line.className = "error";
    } else {
      post(kind, file, line);
    }
  }
}

function post(kind, file, line) {
  const bar = document.createElement("progress");
  bar.max = 1;
  bar.value = 0;
  bar.setAttribute("aria-label", file.name);
  line.append(bar);
  const data = new FormData();
  data.set("csrf", draft.elements.csrf.value);
  data.set("kind", kind);
  data.set("file", file);
  const request = new XMLHttpRequest();
  request.responseType = "json";
  request.upload.addEventListener("progress", (event) => { bar.value = event.loaded / event.total; });
  request.addEventListener("loadend", () => {
    sending -= 1;
    const answer = request.status === 200 ? request.response : null;
    if (answer?.file) {
      line.remove();
      add(answer);
    } else {
      bar.remove();
      line.className = "error";
      line.append(answer?.text ?? say.failed);
    }
  });
  sending += 1;
  request.open("POST", "/visits/files");
  request.setRequestHeader("Accept", "application/json");
  request.send(data);
}

// The document is part of the form from now on, and the server draws it in the list with the next preview. A preview that was
// asked for before knows nothing of it, nor of one that was removed meanwhile: what it draws is put right.
const papers = document.getElementById("papers");
const gone = new Set();
let next = 1000; // numbers beyond those of the list

const documentOf = (element) => ["kind", "file"].map((part) => element.querySelector(`[name$=".${part}"]`).value).join(" ");

function add(answer) {
  const added = document.createElement("span");
  for (const part of ["kind", "file", "name"]) {
    const input = document.createElement("input");
    input.type = "hidden";
    input.name = `documents[${next}].${part}`;
    input.value = answer[part];
    added.append(input);
  }
  next += 1;
  gone.delete(documentOf(added));
  uploads.append(added);
  refresh();
  save();
}

function reconcile() {
  const shown = new Set();
  for (const mark of papers.querySelectorAll(".mark")) {
    if (gone.has(documentOf(mark))) mark.remove();
    else shown.add(documentOf(mark));
  }
  for (const added of uploads.querySelectorAll("span")) if (shown.has(documentOf(added))) added.remove();
}

new MutationObserver(reconcile).observe(papers, { childList: true, subtree: true });

draft.addEventListener("click", (event) => {
  const button = event.target.closest("button[value^='remove-documents-']");
  if (!button) return;
  event.preventDefault();
  const here = button.closest("li");
  gone.add(documentOf(button.closest(".mark")));
  reconcile();
  (here.querySelector("button, input:not([type=hidden])") ?? document.getElementById("f-documents")).focus();
  refresh();
});

function refresh() { draft.dispatchEvent(new Event("change", { bubbles: true })); }

// Rows come and go without asking the server.
draft.addEventListener("click", (event) => {
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
