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
