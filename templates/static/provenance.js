// What a draft's words stand on, shown in its place while they are pointed at, tapped or focused:
// the field, the word in the title, the frame on the photo. The list below the draft tells it too.

let lit = null;

function light(passage, claim) {
  const wanted = claim ?? passage;
  if (wanted === lit) return;
  unlight();
  lit = wanted;
  wanted.classList.add("passage--lit");
  const claims = claim ? [claim] : [...passage.querySelectorAll("[data-target]")];
  for (const one of claims) lightTarget(one);
  const inTitle = claims.filter((one) => one.dataset.target === "field-title");
  lightWords(document.getElementById("field-title"), inTitle.map((one) => one.firstChild.textContent));
  tell(passage, claims.filter((one) => one.dataset.said));
}

function lightTarget(claim) {
  const element = document.getElementById(claim.dataset.target);
  const folded = element?.closest("details:not([open])");
  const place = folded?.querySelector("summary") ?? element?.closest(".field") ?? element;
  place?.classList.add("stands-here");
  for (const id of claim.dataset.photos?.split(" ").filter(Boolean) ?? []) {
    const photo = document.querySelector(`[data-photo="${id}"] .framed`);
    const frame = document.querySelector(`[data-frame="${id}"] .frame`)?.cloneNode(true);
    photo?.classList.add("framed--shown");
    frame?.classList.add("frame--shown");
    if (photo && frame) photo.append(frame);
  }
}

// Whole words of the title, wherever they stand in it and however they are written there.
function lightWords(field, words) {
  const title = field?.value.toLowerCase() ?? "";
  const spans = words.flatMap((word) => {
    const plain = word.toLowerCase().replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    const found = title.match(new RegExp(`(?<![\\p{L}\\p{N}])${plain}(?![\\p{L}\\p{N}])`, "u"));
    return found ? [[found.index, found.index + word.length]] : [];
  });
  if (spans.length) layOver(field, spans);
}

function tell(passage, claims) {
  const line = passage.closest(".draft").querySelector("[data-says]");
  const own = passage.classList.contains("passage--own");
  const spots = [...new Set(claims.map((one) => one.dataset.said))];
  const said = spots.map((spot) => `${quoted(claims.filter((one) => one.dataset.said === spot))}: ${spot}`);
  line.textContent = said.join(" · ") || (own ? "Your words." : "Says nothing that needs a source.");
  line.hidden = false;
}

const quoted = (claims) => claims.map((one) => `“${one.firstChild.textContent}”`).join(", ");

function unlight() {
  lit = null;
  for (const one of document.querySelectorAll(".stands-here")) one.classList.remove("stands-here");
  for (const one of document.querySelectorAll(".passage--lit")) one.classList.remove("passage--lit");
  hideEvidence();
}

function follow(event) {
  const passage = event.target.closest?.("[data-passage]");
  if (passage) light(passage, event.target.closest("[data-target]"));
  else if (lit && !document.activeElement?.closest("[data-passage]")) unlight();
}

for (const kind of ["pointerover", "focusin"]) document.addEventListener(kind, follow);
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") unlight();
});
// The elements are about to be replaced: what was lit on them would stay behind.
document.addEventListener("htmx:oobBeforeSwap", unlight);
