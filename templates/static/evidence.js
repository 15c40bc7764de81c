// What a detail was read from, shown in its place while its offer is pointed at or has the focus: the
// words in the title's field, the frame on the photo. The offer itself tells it too, without this.

let shownOffer = null;

function showEvidence(offer) {
  if (offer === shownOffer) return;
  hideEvidence();
  shownOffer = offer;
  const spans = [...offer.querySelectorAll("[data-span]")].map((one) => ({
    place: one.dataset.span.split(":").map(Number),
    text: one.textContent,
  }));
  const field = document.querySelector("#field-title");
  const fitting = spans.filter(({ place, text }) => field?.value.slice(...place) === text);
  if (fitting.length) layOver(field, fitting.map(({ place }) => place));
  for (const seen of offer.querySelectorAll("[data-seen]")) {
    const photo = document.querySelector(`[data-photo="${seen.dataset.seen}"] .framed`);
    const frame = seen.querySelector(".frame")?.cloneNode(true);
    photo?.classList.add("framed--shown");
    if (!photo || !frame) continue;
    frame.classList.add("frame--shown");
    photo.append(frame);
  }
}

function hideEvidence() {
  shownOffer = null;
  for (const one of document.querySelectorAll(".frame--shown, .over")) one.remove();
  for (const photo of document.querySelectorAll(".framed--shown")) photo.classList.remove("framed--shown");
}

// A field cannot mark a part of its text: a copy with invisible letters lies over it.
function layOver(field, spans) {
  const over = document.createElement("div");
  over.className = "over";
  over.setAttribute("aria-hidden", "true");
  const look = getComputedStyle(field);
  for (const name of ["font", "letterSpacing", "padding", "borderWidth"]) over.style[name] = look[name];
  Object.assign(over.style, {
    left: `${field.offsetLeft}px`,
    top: `${field.offsetTop}px`,
    width: `${field.offsetWidth}px`,
    height: `${field.offsetHeight}px`,
    lineHeight: `${field.clientHeight - parseFloat(look.paddingTop) - parseFloat(look.paddingBottom)}px`,
  });
  let at = 0;
  for (const [start, end] of spans.sort((one, other) => one[0] - other[0])) {
    if (start < at) continue;
    const mark = document.createElement("mark");
    mark.textContent = field.value.slice(start, end);
    over.append(field.value.slice(at, start), mark);
    at = end;
  }
  over.append(field.value.slice(at));
  field.parentElement.append(over);
  over.scrollLeft = field.scrollLeft;
}

const offerOf = (event) => event.target.closest?.("[data-shows]");

for (const kind of ["pointerover", "focusin"]) {
  document.addEventListener(kind, (event) => {
    const offer = offerOf(event);
    if (offer) showEvidence(offer);
    else if (!document.querySelector("[data-shows]:focus-within, .passage--lit")) hideEvidence();
  });
}
// Escape puts the note away until the offer is left and come back to.
document.addEventListener("keydown", (event) => {
  const offer = shownOffer ?? document.activeElement?.closest("[data-shows]");
  if (event.key !== "Escape" || !offer) return;
  offer.classList.add("offer--quiet");
  hideEvidence();
});
for (const kind of ["pointerout", "focusout"]) {
  document.addEventListener(kind, (event) => {
    const offer = offerOf(event);
    if (offer && !offer.contains(event.relatedTarget)) offer.classList.remove("offer--quiet");
  });
}
document.addEventListener("htmx:oobBeforeSwap", hideEvidence);
