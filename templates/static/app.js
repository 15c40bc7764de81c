// Small behaviour that every page shares. Pages work without it.

// Django wants its token on every unsafe request that htmx makes.
document.addEventListener("htmx:configRequest", (event) => {
  const token = document.querySelector("meta[name=csrf-token]");
  if (token) event.detail.headers["X-CSRFToken"] = token.content;
});

// A menu closes on Escape and when the focus or a click goes elsewhere.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

// "/" goes to the search field, as on most sites.
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key !== "/" || typing || event.ctrlKey || event.metaKey) return;
  const search = document.querySelector(".site-search input");
  if (search) {
    event.preventDefault();
    search.focus();
  }
});

// A thumbnail brings its photo into the gallery's frame without moving the page; the thumbnail of
// the photo in the frame is marked.
document.addEventListener("click", (event) => {
  const link = event.target.closest(".gallery__thumbs a");
  if (!link || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const photo = document.querySelector(link.hash);
  photo.parentElement.scrollTo({ left: photo.offsetLeft - photo.parentElement.offsetLeft });
});
for (const gallery of document.querySelectorAll("[data-gallery]")) {
  const frame = gallery.querySelector(".gallery__main");
  const observer = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) {
        const link = gallery.querySelector(`.gallery__thumbs a[href="#${entry.target.id}"]`);
        if (link && entry.isIntersecting) link.setAttribute("aria-current", "true");
        else if (link) link.removeAttribute("aria-current");
      }
    },
    { root: frame, threshold: 0.6 },
  );
  for (const photo of frame.children) observer.observe(photo);
}

// Frames on photos mark what was compared with the title; "f" shows or hides them all.
function showFrames(on) {
  document.body.classList.toggle("frames-off", !on);
  for (const button of document.querySelectorAll("[data-frames]")) {
    button.setAttribute("aria-pressed", String(on));
  }
}
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-frames]");
  if (button) showFrames(button.getAttribute("aria-pressed") !== "true");
});
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input:not([type=radio]), textarea, select");
  if (event.key !== "f" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  document.querySelector("[data-frames]")?.click();
});

// The large view of a judged photo: the link's own picture and frame, at the size of the window.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-closeup]");
  const dialog = document.querySelector("#closeup");
  if (!link || !dialog || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const photo = link.querySelector(".framed").cloneNode(true);
  photo.querySelector("img").src = link.href;
  const text = [...link.children].slice(1).map((part) => part.textContent.trim()).join(" ");
  dialog.querySelector(".closeup__photo").replaceChildren(photo);
  dialog.querySelector(".closeup__text").textContent = text;
  dialog.showModal();
});
