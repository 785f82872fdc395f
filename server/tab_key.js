// tab_key.js: each connection to the server names its tab and its browser by two random keys, so that the work of a
// visitor is found again after a reload. The keys stay in this browser: the tab's in its session storage, the browser's
// in its local storage. They are sent as the last of the protocols, because an address would be in the logs of proxies.
{
  const KEY = /^[0-9a-f]{32}$/;
  const hex = (byte) => byte.toString(16).padStart(2, "0");
  const random = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), hex).join("");
  const stored = (kind) => {
    const fresh = random();
    try {
      const found = window[kind].getItem("dgm key");
      if (KEY.test(found ?? "")) return found;
      window[kind].setItem("dgm key", fresh);
    } catch { /* storage is not allowed here: the work lasts as long as the page */ }
    return fresh;
  };
  const keys = `dgm-${stored("sessionStorage")}-${stored("localStorage")}`;
  const Native = window.WebSocket;
  // The first three protocols are Streamlit's: its name, a token, and the session to go on with.
  window.WebSocket = class extends Native {
    constructor(url, protocols) {
      const own = Array.isArray(protocols) && protocols[0] === "streamlit";
      super(url, own ? [...protocols, ...["no-token", "no-session"].slice(protocols.length - 1), keys] : protocols);
    }
  };
}
