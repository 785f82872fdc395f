// reconnect.js: where the line is cut, the page asks for its server several times a second. Streamlit asks once, and
// then every 4 s: a server that was started again, or another one in its place, would be found seconds too late.
{
  const ASKED = /\/_stcore\/(health|host-config)$/;
  const FIRST = 150, MOST = 1000, GROWTH = 1.5;   // ms between two questions
  const PATIENCE = 5000;                          // ms; then Streamlit says that there is no answer, and asks again
  const native = window.fetch.bind(window);
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
    return ASKED.test(address.pathname) ? asked(input, options) : native(input, options);
  };
}
