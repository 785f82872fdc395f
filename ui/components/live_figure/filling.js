// filling.js: how high the panels are: as Python says, as the lecture hall says, or as the screen.

const LARGE = 1.45, WIDE = 1000;   // scale of text on a full screen that is at least so wide, CSS pixels

/** Sizes of the panels of a live figure. */
class Filling {
  constructor(live) {
    this.live = live;
    this.refit = () => this.fit();
    for (const name of ["resize", "dgm:figures"]) window.addEventListener(name, this.refit);
  }

  /** The scale of text, and the height of each panel, null for its own; for all of a kind they are the same. */
  get wanted() {
    const { root, panels, fullScreen } = this.live;
    if (!fullScreen.filled) return { scale: figureScale(), height: this.share * window.innerHeight || null };
    const style = getComputedStyle(root), rows = root.clientWidth < 700 ? panels.length : 1;
    const others = [...root.children].filter((child) => child !== this.live.row && child !== fullScreen.button
      && child !== this.live.liveRegion && !panels.some(({ element }) => element === child));
    const taken = others.reduce((sum, child) => sum + child.offsetHeight + 8, 0);
    const free = root.clientHeight - parseFloat(style.paddingTop) - parseFloat(style.paddingBottom) - taken;
    return { scale: window.innerWidth >= WIDE ? Math.max(LARGE, figureScale()) : figureScale(), height: free / rows };
  }

  /** The share of the window's height that the sheet of the lecture hall gives the page's first figure, else 0. */
  get share() {
    const share = Number(getComputedStyle(this.live.root).getPropertyValue("--dgm-figure-share"));
    return share && this.isFirst ? share : 0;
  }

  /** Is it the page's first figure, or beside it? */
  get isFirst() {
    const first = document.querySelector(".dgm-live");
    if (!first || first === this.live.root) return true;
    const one = first.getBoundingClientRect(), other = this.live.root.getBoundingClientRect();
    return (other.left >= one.right || other.right <= one.left) && Math.abs(other.top - one.top) < one.height / 2;
  }

  /** Give the panels their sizes, and draw them again where these are new. */
  fit() {
    const { scale, height } = this.wanted;
    const changed = this.live.panels.filter((panel) => panel.resize(scale, height));
    if (changed.length) this.live.redraw();
  }

  dispose() {
    for (const name of ["resize", "dgm:figures"]) window.removeEventListener(name, this.refit);
  }
}
