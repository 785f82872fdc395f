// markup.js: the pad's elements. The markup is fixed; everything that varies is set as text, never as HTML.

const MARKUP = `
<div class="grid">
  <section class="space">
    <div class="choice" hidden>
      <label>Across <select class="across"></select></label>
      <label>Up <select class="up"></select></label>
    </div>
    <div class="map" tabindex="0" role="application" aria-roledescription="latent pad">
      <canvas class="back" aria-hidden="true"></canvas>
      <div class="point" aria-hidden="true">
        <i class="column"></i><i class="row"></i><i class="ring"></i><i class="knob"></i>
      </div>
    </div>
    <div class="foot">
      <output class="place"></output>
      <button type="button" class="random" title="The next draw from N(0, I)" hidden>Random z</button>
      <button type="button" class="home">Origin</button>
    </div>
    <div class="legend" role="group" aria-label="Classes. Press one to show it alone."></div>
  </section>
  <section class="seen">
    <div class="pictures">
      <figure class="decoded"><canvas role="img"></canvas><figcaption></figcaption></figure>
      <figure class="target" hidden><canvas role="img" aria-label="Target image"></canvas>
        <figcaption>Target: move z until it appears</figcaption></figure>
    </div>
    <dl class="readings">
      <div class="prior"><dt>log p(z)</dt><dd></dd><dd class="note"></dd></div>
      <div class="near" hidden><dt>Training means near</dt><dd></dd><dd class="note"></dd></div>
      <div class="match" hidden><dt></dt><dd></dd><dd class="note"></dd></div>
    </dl>
    <p class="verdict" hidden></p>
  </section>
  <section class="sliders" aria-label="Further dimensions of z" hidden></section>
  <p class="live-region" aria-live="polite"></p>
</div>
`;
