// Checks of a page: each returns a list of problems as text, empty when there are none.
(() => {
  const TEXT = 4.5, LARGE = 3; // WCAG AA
  const up = (e) => e.parentElement ?? e.getRootNode().host ?? null;
  const path = (e) => { const all = []; for (; e; e = up(e)) all.push(e); return all; };
  const box = (e) => e.getBoundingClientRect();

  function* everything(root = document) {
    for (const e of root.querySelectorAll("*")) {
      yield e;
      if (e.shadowRoot) yield* everything(e.shadowRoot);
    }
  }

  const isVisible = (e) => e.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && box(e).width > 1 && box(e).height > 1;
  const textOf = (e) => (e.getAttribute("aria-label") || e.getAttribute("alt") || e.innerText || e.textContent || e.labels?.[0]?.innerText || "").trim().slice(0, 60);
  const name = (e) => `${e.tagName.toLowerCase()}${e.dataset?.testid ? `[${e.dataset.testid}]` : ""} "${textOf(e)}"`;

  // Colours: "rgb(...)", "rgba(...)", "color(srgb ...)" -> [r, g, b, a] with r, g, b from 0 to 255.
  function channels(colour) {
    const numbers = (colour.match(/-?[\d.]+(e-?\d+)?/g) ?? ["0", "0", "0", "0"]).map(Number);
    const [r, g, b, a = 1] = numbers;
    return colour.startsWith("color(") ? [255 * r, 255 * g, 255 * b, a] : [r, g, b, a];
  }
  const over = ([r, g, b, a], [R, G, B]) => [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a), 1];
  const luminance = (c) => c.slice(0, 3).map((v) => v / 255)
    .map((s) => (s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4))
    .reduce((sum, s, i) => sum + s * [0.2126, 0.7152, 0.0722][i], 0);
  const ratio = (one, other) => {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };

  function backgroundOf(e) {
    const layers = [], b = box(e), x = b.x + b.width / 2, y = b.y + b.height / 2;
    for (const p of path(e)) {
      const q = box(p); // a label may be outside its parent, as a slider's value is
      if (x < q.left || x > q.right || y < q.top || y > q.bottom) continue;
      const colour = channels(getComputedStyle(p).backgroundColor);
      if (colour[3] > 0) layers.push(colour);
      if (colour[3] >= 1) break;
    }
    return layers.reverse().reduce((below, layer) => over(layer, below),
      channels(getComputedStyle(document.querySelector("[data-testid=stApp]")).backgroundColor));
  }

  const isDisabled = (e) => path(e).some((p) => p.disabled || p.getAttribute?.("aria-disabled") === "true" || p.getAttribute?.("data-disabled") === "true");

  function contrastOf(e) {
    const style = getComputedStyle(e), isSvg = e instanceof SVGElement, background = backgroundOf(e);
    const colour = channels(isSvg ? style.fill : style.color);
    colour[3] *= path(e).reduce((product, p) => product * Number(getComputedStyle(p).opacity), 1) * (isSvg ? Number(style.fillOpacity) : 1);
    // Not shown now, such as a slider's ends without a pointer; or a text in the page's colour on a mark of a figure.
    if (colour[3] < 0.05 || (isSvg && ratio(colour, background) < 1.05)) return { found: 21, required: TEXT };
    const size = parseFloat(style.fontSize), bold = Number(style.fontWeight) >= 700;
    const icon = /Material/.test(style.fontFamily); // an icon, drawn by a font
    const required = icon || size >= 24 || (bold && size >= 18.66) ? LARGE : TEXT;
    return { found: ratio(over(colour, background), background), required };
  }

  const textElements = (root) => [...everything(root)].filter((e) =>
    [...e.childNodes].some((n) => n.nodeType === Node.TEXT_NODE && n.data.trim()) && !/^(STYLE|SCRIPT|TITLE|OPTION)$/i.test(e.tagName) && !e.closest(".katex-mathml"));

  const FOCUSABLE = "a[href], button, input, select, textarea, summary, [tabindex], [contenteditable=true]";
  const active = () => { let e = document.activeElement; while (e?.shadowRoot?.activeElement) e = e.shadowRoot.activeElement; return e; };
  // A group of radios, or of tabs, is one tab stop; arrow keys move inside it.
  const group = (e) => (e.type === "radio" && e.name ? `radio ${e.name}` : null) ?? e.closest("[role=radiogroup], [role=tablist]") ?? e;
  const isHidden = (e) => Boolean(e.closest("[hidden]"));
  const visiblePart = (e) => (box(e).width > 1 ? e : e.closest("label") ?? e.parentElement);
  const hasFocusMark = (e) => {
    const style = getComputedStyle(e);
    return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1 && channels(style.outlineColor)[3] > 0.3) || style.boxShadow !== "none";
  };

  globalThis.walk = {
    // Wait for two equal heights of the page with no skeleton or stale element.
    async stable() {
      let before = -1;
      for (let i = 0; i < 60; i++) {
        const height = document.querySelector("[data-testid=stMain]")?.scrollHeight;
        if (height === before && !document.querySelector("[data-testid=stSkeleton], [data-stale=true]")) return;
        before = height;
        await new Promise((done) => setTimeout(done, 150));
      }
    },
    lowContrast() {
      return textElements().filter((e) => isVisible(e) && !isDisabled(e)).map((e) => [e, contrastOf(e)])
        .filter(([, c]) => c.found < c.required - 0.005)
        .map(([e, c]) => `${c.found.toFixed(2)} < ${c.required}: ${name(e)}`);
    },
    tooWide() {
      const problems = [], main = document.querySelector("[data-testid=stMain]");
      for (const e of [document.documentElement, main, document.querySelector(".stMainBlockContainer")].filter(Boolean)) {
        if (e.scrollWidth > e.clientWidth + 1) problems.push(`${e.tagName}: ${e.scrollWidth} in ${e.clientWidth}`);
      }
      const beyond = [...document.querySelectorAll(".dgm-live")].filter((e) => box(e).right > innerWidth);
      return [...problems, ...beyond.map((e) => `figure ends at ${box(e).right}: ${textOf(e)}`)];
    },
    cutFormulas() {
      return [...document.querySelectorAll(".katex-display")].filter((e) => e.scrollWidth > e.clientWidth + 4).map((e) => `${e.scrollWidth} in ${e.clientWidth}: ${textOf(e)}`);
    },
    // The page's first figure that is drawn: its place on the page, whatever it is scrolled to.
    firstFigure() {
      const first = [...everything()].find((e) => e.matches(".dgm-panel, .js-plotly-plot, canvas") && isVisible(e));
      if (!first) return null;
      const { top, height } = box(first), scrolled = document.querySelector("[data-testid=stMain]").scrollTop;
      return { top: top + scrolled, bottom: top + scrolled + height, height, drawn: first.matches("canvas, .js-plotly-plot") || Boolean(first.querySelector(".js-plotly-plot, canvas")) };
    },
    // On paper: formulas wider than their place, elements on every sheet, texts beyond the sheet, on each other or cut. A
    // field that is typed into scrolls on.
    faultsOnPaper() {
      const range = document.createRange();
      const box = (e) => {
        range.selectNodeContents(e);
        return (e.matches(".katex-html") ? range : e).getBoundingClientRect(); };
      const style = (e) => getComputedStyle(e);
      const isClipped = (e) => e && (style(e).clipPath !== "none" || isClipped(e.parentElement));
      const isShown = (e) => e.checkVisibility({ visibilityProperty: true, opacityProperty: true })
        && box(e).width > 1 && box(e).height > 1 && !isClipped(e);
      const hasText = (e) => e.matches(".katex-html, canvas, .dgm-live")
        || [...e.childNodes].some((n) => n.nodeType === Node.TEXT_NODE && n.data.trim());
      const all = [...document.querySelectorAll("body *:not(.dgm-live *, .katex *)")].filter(isShown);
      const formulas = [...document.querySelectorAll(".katex-html")].filter(isShown);
      const texts = [...formulas, ...all].filter(hasText);
      // A slider's value touches its label on the screen too, and an arrow that is turned has the box of its line.
      const alone = texts.filter((e) => !texts.some((other) => other !== e && other.contains(e))
        && !e.closest("[data-testid=stSliderThumbValue], .arrow"));
      const boxes = alone.map(box), sheet = { left: 0, right: innerWidth };
      const place = (e) => box(e.closest(".katex-display, p, li, td, label, button") ?? e.parentElement);
      const isBeyond = (one, other) => one.left < other.left - 2 || one.right > other.right + 2;
      const areOver = (one, other) => Math.min(one.right, other.right) - Math.max(one.left, other.left) > 3
        && Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top) > 3;
      const isCut = (e) => style(e).maskImage !== "none" || (!e.matches("input") && e.clientWidth > 4
        && e.scrollWidth > e.clientWidth + 2 && style(e).overflowX !== "visible");
      const name = (e) => `${e.dataset.testid ?? e.className} ${e.textContent.trim().slice(-60)}`;
      return [
        ...formulas.filter((e) => isBeyond(box(e), place(e))).map((e) => `wider than its place: ${name(e)}`),
        ...texts.filter((e) => isBeyond(box(e), sheet)).map((e) => `beyond the sheet: ${name(e)}`),
        ...all.filter((e) => style(e).position === "fixed").map((e) => `on every sheet: ${name(e)}`),
        ...all.filter(isCut).map((e) => `cut: ${name(e)}`),
        ...alone.flatMap((e, i) => alone.filter((_, j) => j > i && areOver(boxes[i], boxes[j]))
          .map((other) => `${name(e)} is on ${name(other)}`)),
      ];
    },
    unnamed() {
      const figures = [...everything()].filter((e) => isVisible(e) && (
        e.matches("[data-testid=stPlotlyChart], .dgm-plot, img, [role=img], [role=figure], [role=application]")
        || (e.tagName === "CANVAS" && !e.closest("[aria-hidden=true]") && !e.closest("[data-testid=stPlotlyChart], .dgm-plot"))));
      const controls = [...everything()].filter((e) => !isHidden(e) && isVisible(visiblePart(e)) && e.matches("button, input, select, textarea, a[href]") && e.type !== "hidden");
      const label = (e) => e.getAttribute("aria-label") || e.getAttribute("alt") || e.getAttribute("title") || e.labels?.[0]?.textContent
        || (e.getAttribute("aria-labelledby") && e.getRootNode().getElementById(e.getAttribute("aria-labelledby"))?.textContent) || "";
      return [...figures.filter((e) => !label(e).trim() && !e.closest("[aria-hidden=true]")),
        ...controls.filter((e) => !(label(e) || e.textContent).trim() && !e.closest("[aria-hidden=true]"))].map((e) => e.outerHTML.slice(0, 160));
    },
    // Names with TeX source or icon names in them, and options side by side that have one name.
    unspeakable() {
      const named = [...everything()].filter((e) => !isHidden(e) && e.matches("button, input, select, textarea, a[href], [role]") && !e.closest("[aria-hidden=true], .katex"));
      const spoken = (e) => e.getAttribute("aria-label") || e.labels?.[0]?.innerText || (e.matches("button, a, [role=radio]") ? e.innerText || e.textContent : "") || "";
      const source = named.filter((e) => /[$\\{}]|:material/.test(spoken(e))).map(name);
      const groups = [...everything()].filter((e) => e.matches("[role=radiogroup]")).map((e) => [e, [...e.querySelectorAll("[role=radio], input[type=radio]")].map(spoken)]);
      return [...source, ...groups.filter(([, names]) => new Set(names).size < names.length).map(([e, names]) => `${name(e)}: ${names}`)];
    },
    figures() { return [...everything()].filter((e) => e.matches("[data-testid=stPlotlyChart], .dgm-plot") && isVisible(e)).map((e) => e.getAttribute("aria-label") ?? ""); },
    // The value of every control, except questions, figures and the frame of a playback.
    state() {
      return [...everything()].filter((e) => !isHidden(e) && isVisible(visiblePart(e)) && !e.closest("[class*='st-key-question'], .dgm-transport") && e.matches("input:not([type=file]), textarea, [role=radio], [aria-pressed], [role=switch], select"))
        .map((e) => `${e.getAttribute("aria-label") ?? textOf(e)}: ${e.type === "checkbox" || e.type === "radio" ? e.checked : e.value} ${e.getAttribute("aria-checked") ?? ""} ${e.getAttribute("aria-pressed") ?? ""} ${e.getAttribute("aria-valuenow") ?? ""}`);
    },
    beginTabbing() {
      document.body.tabIndex = -1; // Tab goes on from where the focus or a press was last: from the top
      document.body.focus();
      document.body.removeAttribute("tabindex");
      this.stops = new Set(); this.unmarkedStops = new Set(); this.first = null;
      return null;
    },
    visitFocused() {
      const e = active();
      if (!e || e === document.body) return this.stops.size ? "round" : "outside";
      if (this.first === e) return "round";
      this.first ??= e;
      this.stops.add(e);
      if (!path(visiblePart(e)).slice(0, 4).some(hasFocusMark) && !path(e).slice(0, 4).some(hasFocusMark)) this.unmarkedStops.add(name(e));
      return "on";
    },
    unvisited() {
      const reached = new Set([...this.stops].map(group));
      return [...everything()].filter((e) => e.matches(FOCUSABLE) && e.tabIndex >= 0 && !isDisabled(e) && !isHidden(e) && e.type !== "hidden" && isVisible(visiblePart(e)))
        .filter((e) => !reached.has(group(e))).map(name);
    },
    unmarked() { return [...this.unmarkedStops]; },
  };
})();
