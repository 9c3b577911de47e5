// Draws each plotly figure beside its table, in the colours of the scheme in force.
const loader = document.querySelector("script[data-plotly]");
const TOKENS = {
  "#26724a": "--local", "#2b62ac": "--commons", "#8a3a26": "--extracted", "#77766f": "--unknown",
  "#ece6d8": "--unknown-bg", "#1c2133": "--ink", "#4b4f5e": "--ink-2", "#5f616b": "--ink-3",
  "#dcd1b8": "--rule", "#857c66": "--edge", "#fffdf7": "--sheet", "#f7f1e3": "--paper",
  "#f2b233": "--accent", "#b77f14": "--mark", "#eee5d0": "--well",
};
const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// A figure is written in the light palette; a colour of it may carry two more digits for its alpha.
function coloured(value) {
  if (typeof value === "string") {
    const name = TOKENS[value.slice(0, 7).toLowerCase()];
    return name && /^#[0-9a-f]{6}([0-9a-f]{2})?$/i.test(value) ? token(name) + value.slice(7) : value;
  }
  if (Array.isArray(value)) return value.map(coloured);
  if (value && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, coloured(inner)]));
  }
  return value;
}

function layout(own) {
  const axis = { gridcolor: token("--rule"), zerolinecolor: token("--edge"), linecolor: token("--ink"), automargin: true };
  return {
    colorway: ["--ink", "--ink-3", "--edge", "--mark"].map(token),
    margin: { l: 8, r: 8, t: 8, b: 8, pad: 4 },
    ...own,
    title: undefined,
    template: undefined,
    autosize: true,
    width: undefined,
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: '"Source Sans 3", sans-serif', size: 14, color: token("--ink") },
    xaxis: { ...axis, ...own.xaxis },
    yaxis: { ...axis, ...own.yaxis },
    hoverlabel: { font: { family: '"Source Sans 3", sans-serif' } },
  };
}

async function draw(place) {
  const { default: Plotly } = await import(loader.dataset.plotly);
  const figure = coloured(JSON.parse(document.getElementById(place.dataset.figure).textContent));
  place.hidden = false;
  if (figure.layout?.height) place.style.minBlockSize = `${figure.layout.height}px`;
  await Plotly.react(place, figure.data, layout(figure.layout ?? {}), {
    displayModeBar: false, responsive: true, locale: document.documentElement.lang,
  });
  place.dataset.drawn = "yes";
}

// A hidden element never comes into view, so its frame is watched in its stead.
const places = new Map([...document.querySelectorAll(".plot")].map((place) => [place.parentElement, place]));
const watch = new IntersectionObserver(
  (seen) => seen.filter((one) => one.isIntersecting).forEach((one) => {
    watch.unobserve(one.target);
    draw(places.get(one.target));
  }),
  { rootMargin: "400px" },
);
places.forEach((_, frame) => watch.observe(frame));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  document.querySelectorAll(".plot[data-drawn]").forEach(draw);
});
