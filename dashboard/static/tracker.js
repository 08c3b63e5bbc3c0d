// Who sent this visitor, for your sign-up. docs/tracking.md says how to use it:
// <script async src="…/tracker.js"></script>
(() => {
  const script = document.currentScript;
  const told = script.dataset;
  const early = window.affiliateDesk;
  if (early && early.on) return;
  const KEY = "affiliate-desk";
  const NAMES = ["source", "medium", "campaign", "content", "term", "id"];
  const query = new URLSearchParams(location.search);
  const refs = ["ref", ...(told.refs || "").split(" ")];
  const ref = refs.map((name) => name && query.get(name)).find((value) => value);
  const waits = told.consent === "required";
  const clicks = {};
  for (const name of ["clickid", "irclickid", "awc", "ps_xid", ...(told.clickIds || "").split(" ")]) {
    const value = name && query.get(name);
    if (value && value.length < 256) clicks[name] = value;
  }
  let consent, sent, answered = Promise.resolve();

  let now, ad;
  if (ref || Object.keys(clicks)[0]) {
    now = { src: (query.get("src") || "").slice(0, 100), landing_page: location.pathname.slice(0, 200), at: new Date().toISOString() };
    if (ref) now = { ref: ref.slice(0, 100), ...now };
    if (Object.keys(clicks)[0]) now.network_clicks = clicks;
    try {
      const host = document.referrer && new URL(document.referrer).host;
      if (host && host !== location.host) now.referrer = host;
    } catch {}
    const utm = {};
    for (const name of NAMES) {
      const value = query.get("utm_" + name);
      if (value) utm["utm_" + name] = value.slice(0, 100);
    }
    if (Object.keys(utm)[0]) now.utm = utm;
    ad = ["gclid", "gbraid", "wbraid", "msclkid", "yclid"].find((name) => query.get(name));
  }

  const maySend = () => consent || (!waits && consent !== false);
  const mayKeep = () => maySend() && !("cookieless" in told) && !navigator.globalPrivacyControl;

  function read() {
    try {
      return (mayKeep() && JSON.parse(localStorage.getItem(KEY))) || {};
    } catch {
      return {};
    }
  }

  function keep() {
    try {
      if (!mayKeep()) return localStorage.removeItem(KEY);
      if (now) localStorage.setItem(KEY, JSON.stringify({ first: first(), last: now }));
    } catch {}
  }

  function first() {
    const { first } = read();
    return !first || (now && first.at === now.at) ? now : first;
  }

  function get() {
    const last = now || read().last;
    const { at, ...shown } = last || {};
    return last ? { ...shown, at, first_touch: first(), last_touch: last } : {};
  }

  function work() {
    if (consent !== undefined || !waits) keep();
    if (!now || !now.ref || sent || !maySend()) return;
    sent = true;
    const { at, ...click } = now;
    answered = fetch(new URL("/api/track/click", script.src), {
      method: "POST", body: JSON.stringify({ ...click, ad }), keepalive: true, credentials: "omit",
    }).then((answer) => answer.ok ? answer.json() : {}).then(({ click_id }) => {
      if (click_id) now.click_id = click_id;
      keep();
    }).catch(() => {});
  }

  function desk(what, value) {
    if (what === "consent") {
      consent = !!value;
      work();
    }
    if (what === "get" && value) answered.then(() => value(get()));
    return get();
  }
  desk.on = true;
  window.affiliateDesk = desk;
  work();
  for (const call of (early && early.q) || []) desk(...call);
})();
