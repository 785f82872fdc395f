// reconnect.js: where the line is cut, the page asks for its server several times a second. Streamlit asks once, and
// then every 4 s: a server that was started again, or another one in its place, would be found seconds too late.
// Where Streamlit asks no more, because it could not draw a message, the page is loaded again: the work is kept.
{
  const ASKED = /\/_stcore\/(health|host-config)$/;
  const FIRST = 150, MOST = 1000, GROWTH = 1.5;   // ms between two questions
  const PATIENCE = 5000;                          // ms; then Streamlit says that there is no answer, and asks again
  const SILENCE = 3000;                           // ms after the end of a line, in which Streamlit asks again
  const RELOADS = 30_000;                         // ms between two of them
  const native = window.fetch.bind(window);
  let sign = 0, left = false;                     // when Streamlit asked or connected last; whether the page is left
  const pause = (milliseconds) => new Promise((done) => { setTimeout(done, milliseconds); });

  /** The first answer that is one: 502 and 503 are of a proxy without a server, and of a server that is starting. */
  const asked = async (input, options) => {
    const end = performance.now() + PATIENCE;
    for (let wait = FIRST; ; wait = Math.min(MOST, GROWTH * wait)) {
      const last = performance.now() + wait > end || options?.signal?.aborted;
      try {
        const answer = await native(input, options);
        if (last || answer.status < 500) return answer;
      } catch (error) {
        if (last) throw error;
      }
      await pause(wait * (0.75 + 0.5 * Math.random()));   // visitors who were cut together come one after the other
    }
  };
  window.fetch = (input, options) => {
    const address = new URL(input instanceof Request ? input.url : input, location.href);
    if (!ASKED.test(address.pathname)) return native(input, options);
    sign = performance.now();
    return asked(input, options);
  };

  const loadAgain = () => {
    try {
      if (Date.now() - Number(sessionStorage.getItem("dgm reloaded")) < RELOADS) return;
      sessionStorage.setItem("dgm reloaded", String(Date.now()));
    } catch { return; /* without storage nothing is kept, and nothing ends a circle of reloads */ }
    location.reload();
  };
  const watch = () => {
    const ended = performance.now();
    setTimeout(() => { if (sign < ended && !left) loadAgain(); }, SILENCE);
  };
  addEventListener("pagehide", () => { left = true; });
  addEventListener("pageshow", () => { left = false; });
  const Line = window.WebSocket;
  window.WebSocket = class extends Line {
    constructor(url, protocols) {
      super(url, protocols);
      if (!Array.isArray(protocols) || protocols[0] !== "streamlit") return;
      sign = performance.now();
      this.addEventListener("open", () => { this.addEventListener("close", watch); });
    }
  };
}
