// The price of what is ticked in "Frequently bought together". Without this script the server's
// sum of everything stands, and the ticks still decide what is added.

function sumUp(form) {
  const boxes = [...form.querySelectorAll("input[name=item]")];
  const taken = boxes.filter((box) => box.checked);
  const output = form.querySelector("[data-total]");
  // The server wrote zero in the currency's own way: "$0.00", "JPY 0".
  const zero = output.dataset.total.match(/0(?:\.(0+))?$/);
  const places = (zero[1] || "").length;
  const sum = taken.reduce((total, box) => total + Number(box.dataset.price || 0), 0);
  const number = sum.toLocaleString("en-US", {
    minimumFractionDigits: places,
    maximumFractionDigits: places,
  });
  output.textContent = output.dataset.total.slice(0, zero.index) + number;
  const button = form.querySelector("[data-all]");
  const all = taken.length === boxes.length;
  button.textContent = all ? button.dataset.all : `Add ${taken.length} to cart`;
  button.disabled = taken.length === 0;
}

document.addEventListener("change", (event) => {
  const form = event.target.closest("[data-bundle]");
  if (form) sumUp(form);
});
