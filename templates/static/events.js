// Tells the site which strips were really seen: half of one in view for a second. Nothing is lost
// without this file but the telling.

(() => {
  const ADDRESS = "/api/v1/events";
  const SEEN_MS = 1000;
  const SEND_MS = 1000;
  const MOST = 500;

  const watched = new Set(); // strips
  const inView = new Set(); // strips of which enough is in the window
  const timers = new Map(); // strip → its second
  const told = new WeakMap(); // strip → cards that have been reported
  let waiting = []; // events to send
  let sending = 0;

  // A strip that is taller than the window can never be half in view: then it is the window's half.
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { target, intersectionRatio, intersectionRect, rootBounds } of entries) {
        const seen =
          intersectionRatio >= 0.5 ||
          (rootBounds && intersectionRect.height >= rootBounds.height / 2);
        if (seen && !inView.has(target)) {
          inView.add(target);
          startSecond(target);
        } else if (!seen) {
          inView.delete(target);
          clearTimeout(timers.get(target));
        }
      }
    },
    { threshold: [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1] },
  );

  function startSecond(strip) {
    clearTimeout(timers.get(strip));
    timers.set(strip, setTimeout(() => report(strip), SEEN_MS));
  }

  // Cards beyond the strip's edge were not seen; scrolled to later, they are an impression of their
  // own, whose id the server has not made.
  function report(strip) {
    if (document.visibilityState !== "visible" || !inView.has(strip)) return;
    const before = told.get(strip);
    const cards = [...strip.querySelectorAll("[data-item]")];
    const fresh = cards.filter((card) => !before?.has(card) && isSeen(card));
    if (before && fresh.length === 0) return;
    told.set(strip, new Set([...(before ?? []), ...fresh]));
    const { strip: name, seed, impression, served, arm } = strip.dataset;
    waiting.push({
      id: before ? randomId() : impression,
      kind: "impression",
      at: new Date().toISOString(),
      strip: name,
      ...(seed && { seed }),
      ...(served && { served }),
      items: fresh.map((card) => ({
        listing: card.dataset.item,
        position: cards.indexOf(card) + 1,
        recall_set: card.dataset.recallSet ?? "",
        arm: card.dataset.arm ?? arm ?? "",
      })),
    });
    clearTimeout(sending);
    sending = setTimeout(send, SEND_MS);
  }

  function isSeen(card) {
    const box = card.getBoundingClientRect();
    const frame = card.parentElement.getBoundingClientRect();
    const middle = box.left + box.width / 2;
    return (
      box.width > 0 &&
      middle >= Math.max(0, frame.left) &&
      middle <= Math.min(window.innerWidth, frame.right)
    );
  }

  // A beacon leaves even while the page goes away; one that the browser will not take is kept.
  function send() {
    while (waiting.length > 0) {
      const body = { sent_at: new Date().toISOString(), events: waiting.slice(0, MOST) };
      const blob = new Blob([JSON.stringify(body)], { type: "application/json" });
      if (!navigator.sendBeacon(ADDRESS, blob)) return;
      waiting = waiting.slice(MOST);
    }
  }

  // crypto.randomUUID is only there on secure pages.
  function randomId() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  }

  function watch(root) {
    const found = [...(root.querySelectorAll?.("[data-strip][data-impression]") ?? [])];
    if (root.matches?.("[data-strip][data-impression]")) found.push(root);
    for (const strip of found) {
      if (watched.has(strip)) continue;
      watched.add(strip);
      observer.observe(strip);
    }
  }

  watch(document);
  document.addEventListener("htmx:load", (event) => watch(event.detail.elt));
  document.addEventListener(
    "scroll",
    (event) => {
      const strip = event.target.closest?.("[data-strip]");
      if (strip && inView.has(strip)) startSecond(strip);
    },
    { capture: true, passive: true },
  );
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") send();
    else for (const strip of inView) startSecond(strip);
  });
  window.addEventListener("pagehide", send);
})();
