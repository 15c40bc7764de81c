// The seller's editor: autosave that loses nothing, uploads with progress, order by dragging, keys.
// Without this file the page is one form with a save button; see assistant/views.

const editor = document.querySelector("[data-editor]");
const byId = (id) => document.getElementById(id);

function say(text) {
  byId("save-status").textContent = text;
}

// Sends a form and puts the answer's parts in their places. Rejects when nobody answers.
async function send(url, entries) {
  const body = new FormData();
  for (const [name, value] of entries) body.append(name, value);
  for (const input of document.querySelectorAll("#haves input")) body.append("have", input.value);
  const token = editor.querySelector("[name=csrfmiddlewaretoken]").value;
  const headers = { "X-CSRFToken": token, "HX-Request": "true" };
  const response = await fetch(url, { method: "POST", headers, body });
  if (response.redirected) location.reload();
  await show(response);
  return response;
}

async function show(response) {
  const html = await response.text();
  if (html.trim() && response.status < 500) {
    htmx.swap(document.body, html, { swapStyle: "none", swapDelay: 0, settleDelay: 0 });
  }
}

// --- Autosave: what is typed is kept on this device until the server has it ---------------------

const TYPING_PAUSE = 600;
const RETRY_FIRST = 2000;
const RETRY_MOST = 30000;
let sending = false;
let retryIn = RETRY_FIRST;
let typing = 0;
const refused = new Map(); // field → the text that the server would not take

const storageKey = () => `draft:${editor.dataset.editor}`;
const fields = () => [...editor.querySelectorAll("[data-field]")];
const isDirty = (field) => field.value !== field.dataset.base;
// A draft or title that is being edited is sent by its own button, but not lost to news meanwhile.
const isTyped = (field) =>
  field.matches("[data-keep]") ? field.value !== field.defaultValue : isDirty(field);
const waiting = () => fields().filter((f) => isDirty(f) && refused.get(f.name) !== f.value);

function keep() {
  const kept = Object.fromEntries(fields().filter(isDirty).map((f) => [f.name, f.value]));
  try {
    if (Object.keys(kept).length) localStorage.setItem(storageKey(), JSON.stringify(kept));
    else localStorage.removeItem(storageKey());
  } catch {
    // A full or forbidden storage costs the safety net, not the page.
  }
}

function restore() {
  let kept = {};
  try {
    kept = JSON.parse(localStorage.getItem(storageKey()) ?? "{}");
  } catch {
    return;
  }
  const lost = fields().filter((f) => f.name in kept && kept[f.name] !== f.value);
  for (const field of lost) field.value = kept[field.name];
  if (lost.length) flush();
}

function flushSoon() {
  clearTimeout(typing);
  typing = setTimeout(flush, TYPING_PAUSE);
}

// One field at a time, oldest first, until all are saved. True when nothing is left to send.
async function flush() {
  clearTimeout(typing);
  if (sending) return false;
  sending = true;
  try {
    for (let field = waiting()[0]; field; field = waiting()[0]) {
      say("Saving …");
      await saveField(field.name, field.value, field.dataset.base);
    }
    retryIn = RETRY_FIRST;
    return true;
  } catch {
    say("No connection. What you typed is kept on this device and sent again.");
    typing = setTimeout(flush, retryIn);
    retryIn = Math.min(retryIn * 2, RETRY_MOST);
    return false;
  } finally {
    sending = false;
    keep();
  }
}

async function saveField(name, text, base) {
  const entries = [["field", name], ["value", text]];
  if (base !== undefined) entries.push(["base", base]);
  const response = await send(editor.dataset.save, entries);
  const field = byId(`field-${name}`);
  if (response.status === 422 || response.status === 409) {
    refused.set(name, text);
    field?.setAttribute("aria-invalid", "true");
    say("Not saved: see the field.");
  } else if (response.ok) {
    refused.delete(name);
    field?.removeAttribute("aria-invalid");
    settle(field, text);
  } else {
    throw new Error(`answer ${response.status}`);
  }
}

// The server may have tidied the text; what was typed meanwhile stays.
function settle(field, sent) {
  if (!field?.matches("[data-field]")) return;
  const stored = byId(`state-${field.name}`)?.dataset.base ?? sent;
  const untouched = field.value === sent;
  field.dataset.base = stored;
  if (untouched && document.activeElement !== field) field.value = stored;
  else if (untouched) field.dataset.base = sent;
}

function countLetters(field) {
  const counter = byId(field.dataset.counter);
  if (counter) counter.textContent = `${field.value.length}/${field.maxLength}`;
}

// What is underlined below a field is the text that was judged, not the one being typed.
function staleEcho(field) {
  for (const echo of document.querySelectorAll("[data-echo]")) {
    if (field.name === "title") echo.classList.toggle("echo--stale", field.value !== echo.dataset.echo);
  }
}

function decideConflict(button) {
  const name = button.dataset.keepMine ?? button.dataset.takeTheirs;
  const field = byId(`field-${name}`);
  const theirs = button.closest(".notice").querySelector("blockquote").textContent;
  if (button.dataset.takeTheirs) field.value = theirs === "(nothing)" ? "" : theirs;
  refused.delete(name);
  saveField(name, field.value).then(keep, () => flushSoon());
}

// --- Photos -------------------------------------------------------------------------------------

const uploads = [];
let uploading = false;

function upload(files) {
  for (const file of files) {
    const row = document.createElement("li");
    row.className = "uploads__item small";
    const name = document.createElement("span");
    name.textContent = file.name;
    const bar = document.createElement("progress");
    bar.max = 1;
    bar.value = 0;
    bar.setAttribute("aria-label", `Sending ${file.name}`);
    row.append(name, bar);
    byId("uploads").append(row);
    uploads.push({ file, row, bar });
  }
  uploadNext();
}

function uploadNext() {
  if (uploading || !uploads.length) return;
  uploading = true;
  const { file, row, bar } = uploads.shift();
  const request = new XMLHttpRequest();
  const body = new FormData();
  body.append("photos", file);
  for (const input of document.querySelectorAll("#haves input")) body.append("have", input.value);
  request.open("POST", editor.dataset.photos);
  request.setRequestHeader("X-CSRFToken", editor.querySelector("[name=csrfmiddlewaretoken]").value);
  request.setRequestHeader("HX-Request", "true");
  request.upload.onprogress = (event) => {
    if (event.lengthComputable) bar.value = event.loaded / event.total;
  };
  request.onload = () => {
    if (request.status < 500 && request.responseText.trim()) {
      htmx.swap(document.body, request.responseText, { swapStyle: "none", swapDelay: 0, settleDelay: 0 });
    }
    if (request.status === 200 || request.status === 204) row.remove();
    else failUpload(row, file, request.status === 422 ? byId("notices").textContent : "The server could not take it.");
  };
  request.onerror = () => failUpload(row, file, "The connection was lost.", true);
  request.onloadend = () => {
    uploading = false;
    uploadNext();
  };
  request.send(body);
}

function failUpload(row, file, why, mayRetry = false) {
  row.replaceChildren(`${file.name}: ${why.replace(file.name, "").replace(/^[\s:]+/, "")} `);
  row.classList.add("error");
  byId("notices").replaceChildren();
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button button--small button--quiet";
  button.textContent = mayRetry ? "Send again" : "Dismiss";
  button.addEventListener("click", () => {
    row.remove();
    if (mayRetry) upload([file]);
  });
  row.append(button);
}

let dragged = null;

function dropPhoto(onto) {
  if (!dragged || !onto || onto === dragged) return;
  const items = [...onto.parentElement.children];
  if (items.indexOf(dragged) < items.indexOf(onto)) onto.after(dragged);
  else onto.before(dragged);
  const order = [...onto.parentElement.children].map((item) => ["photo", item.dataset.photo]);
  send(editor.dataset.order, order).catch(() => say("The new order could not be saved."));
}

// --- Keys ---------------------------------------------------------------------------------------

function moveBetweenSuggestions(by) {
  const all = [...document.querySelectorAll("[data-suggestion]")];
  const at = all.findIndex((one) => one.contains(document.activeElement));
  const next = all[at < 0 && by < 0 ? all.length - 1 : at + by];
  next?.focus();
  next?.scrollIntoView({ block: "center" });
}

// A decision redraws its suggestion: whoever was in it stays in it, and the next key finds it.
let decided = null;

function noteFocus(event) {
  const suggestion = document.activeElement?.closest("[data-suggestion]");
  if (suggestion && event.detail.target?.contains(suggestion)) decided = event.detail.target;
}

function keepFocus(event) {
  if (event.detail.target !== decided || document.activeElement !== document.body) return;
  decided.querySelector("[data-suggestion]")?.focus({ preventScroll: true });
  decided = null;
}

function press(key) {
  const inside = document.activeElement?.closest("[data-passage], [data-suggestion]");
  const around = inside?.parentElement.closest("[data-suggestion]");
  const button =
    inside?.querySelector(`[data-key="${CSS.escape(key)}"]`) ??
    around?.querySelector(`[data-key="${CSS.escape(key)}"]`) ??
    editor.querySelector(`[data-global-key="${CSS.escape(key)}"]`);
  button?.click();
  return Boolean(button);
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea, select, dialog")) return;
  if (event.key === "?") byId("keys").showModal();
  else if (event.key === "j") moveBetweenSuggestions(1);
  else if (event.key === "k") moveBetweenSuggestions(-1);
  // A key held down decides once, not all that follows too.
  else if (event.repeat || !press(event.key)) return;
  event.preventDefault();
}

// --- Wiring -------------------------------------------------------------------------------------

function onClick(event) {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.keepMine || button.dataset.takeTheirs) decideConflict(button);
  // What is sent by a button of its section is no longer unsent.
  if (button.hasAttribute("formaction")) {
    const near = button.closest("[data-suggestion]")?.querySelectorAll("[data-keep]") ?? [];
    for (const field of near) field.defaultValue = field.value;
  }
  if (button.dataset.open) byId(button.dataset.open).showModal();
  if (button.dataset.saveField) {
    event.preventDefault();
    saveField(button.dataset.saveField, button.dataset.value).catch(() =>
      say("No connection: the category is not saved. Try again."),
    );
  }
  if (button.dataset.edit) {
    const field = byId(`field-${button.dataset.edit}`);
    const suggested = button.closest("[data-suggestion]").querySelector("strong")?.textContent;
    if (!field.value && suggested) field.value = suggested;
    field.closest("details")?.setAttribute("open", "");
    field.focus();
    field.select?.();
  }
}

// Enter in a field saves; publishing waits until everything typed has been saved.
async function onSubmit(event) {
  const submitter = event.submitter;
  if (submitter?.hasAttribute("data-publish")) {
    if (!waiting().length && !sending) return;
    event.preventDefault();
    if (await flush()) editor.requestSubmit(submitter);
  } else if (!submitter || !submitter.hasAttribute("formaction")) {
    event.preventDefault();
    flush();
  }
}

function wireEditor() {
  editor.addEventListener("input", (event) => {
    if (!event.target.matches("[data-field]")) return;
    countLetters(event.target);
    staleEcho(event.target);
    keep();
    flushSoon();
  });
  editor.addEventListener("change", (event) => {
    if (event.target.matches("[data-field]")) flush();
    if (event.target.matches("[data-uploader]")) {
      upload([...event.target.files]);
      event.target.value = "";
    }
  });
  editor.addEventListener("submit", onSubmit);
  editor.addEventListener("click", onClick);
  document.addEventListener("keydown", onKey);
  window.addEventListener("online", flush);
  window.addEventListener("beforeunload", (event) => {
    keep();
    if (uploading) event.preventDefault();
  });
  document.addEventListener("htmx:oobBeforeSwap", noteFocus);
  document.addEventListener("htmx:oobAfterSwap", keepFocus);
  // A control that is being typed in is never replaced by what the server says about it.
  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    const typed = event.detail.target?.querySelectorAll?.("[data-field], [data-keep]") ?? [];
    if ([...typed].some((field) => field === document.activeElement || isTyped(field))) {
      event.detail.shouldSwap = false;
    }
  });
  editor.addEventListener("dragstart", (event) => {
    dragged = event.target.closest?.("[data-photo]");
  });
  restore();
}

function wireDropping(take) {
  document.addEventListener("dragover", (event) => {
    if (event.target.closest?.("[data-drop], [data-photo]")) event.preventDefault();
  });
  document.addEventListener("drop", (event) => {
    const files = [...(event.dataTransfer?.files ?? [])];
    if (files.length && event.target.closest("[data-drop], .panel")) {
      event.preventDefault();
      take(files);
    } else if (dragged) {
      event.preventDefault();
      dropPhoto(event.target.closest("[data-photo]"));
      dragged = null;
    }
  });
}

function wireStart() {
  const input = document.querySelector("[data-start-files]");
  const tell = () => {
    byId("chosen").textContent = [...input.files].map((file) => file.name).join(", ");
  };
  input.addEventListener("change", tell);
  wireDropping((files) => {
    const chosen = new DataTransfer();
    for (const file of [...input.files, ...files]) chosen.items.add(file);
    input.files = chosen.files;
    tell();
  });
}

if (editor) {
  wireEditor();
  wireDropping(upload);
} else if (document.querySelector("[data-start]")) {
  wireStart();
}
