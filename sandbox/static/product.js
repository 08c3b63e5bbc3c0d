// What the product's own script does: it hands what the tracker knows to the sign-up form.
window.affiliateDesk = window.affiliateDesk || function () {
  (affiliateDesk.q = affiliateDesk.q || []).push(arguments);
};
const form = document.querySelector("#sign-up");
if (form) {
  affiliateDesk("get", (known) => { form.elements.touch.value = JSON.stringify(known); });
}
