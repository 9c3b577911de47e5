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

const figureOf = (place) => JSON.parse(document.getElementById(place.dataset.figure).textContent);

// Where words of a flow would lie on other words or on a bar, those of the larger part stay: where it ends first. The table
// beside it has every name.
function thin(place) {
  const nodes = [...place.querySelectorAll(".sankey-node")].map((node) => {
    const [bar, words] = [".node-rect", ".node-label"].map((name) => node.querySelector(name));
    words.style.display = "";
    return { words, bar: bar.getBoundingClientRect(), box: words.getBoundingClientRect() };
  });
  const apart = (one, other, gap = 0) => one.right + gap <= other.left || one.left >= other.right + gap || one.bottom <= other.top || one.top >= other.bottom;
  const kept = [];
  const isEnd = ({ bar, box }) => box.right <= bar.left;
  nodes.sort((one, other) => isEnd(other) - isEnd(one) || other.bar.height - one.bar.height);
  for (const { words, box } of nodes) {
    const isFree = nodes.every(({ bar }) => apart(box, bar)) && kept.every((other) => apart(box, other, 8));
    if (isFree) kept.push(box);
    else words.style.display = "none";
  }
}

// A style sheet can make a figure as wide as the paper once it says how large it is drawn.
function measure(place) {
  for (const svg of place.querySelectorAll(".main-svg")) svg.setAttribute("viewBox", `0 0 ${svg.getAttribute("width")} ${svg.getAttribute("height")}`);
}

async function draw(place) {
  const { default: Plotly } = await import(loader.dataset.plotly);
  const figure = coloured(figureOf(place));
  await Plotly.react(place, figure.data, layout(figure.layout ?? {}), {
    displayModeBar: false, responsive: true, locale: document.documentElement.lang,
  });
  const finish = () => { thin(place); measure(place); };
  if (!place.dataset.drawn) place.on("plotly_afterplot", finish); // also when the page is turned
  finish();
  place.dataset.drawn = "yes";
}

// Its room is kept from the start, so that nothing moves when a reader comes to it and it is drawn. Drawing is the longest
// task of a page: until the reader moves it is done only where a good part can be seen, and then shortly before he is there.
function comes(options) {
  const watch = new IntersectionObserver(
    (seen) => seen.filter((one) => one.isIntersecting).forEach(({ target: place }) => {
      watch.unobserve(place);
      if (place.dataset.asked) return;
      place.dataset.asked = "yes";
      draw(place).catch((error) => {
        place.hidden = true;
        console.info(`Not drawn: ${error.message}`);
      });
    }),
    options,
  );
  document.querySelectorAll(".plot").forEach((place) => watch.observe(place));
}
for (const place of document.querySelectorAll(".plot")) {
  const height = figureOf(place).layout?.height;
  if (height) place.style.minBlockSize = `${height}px`;
  place.hidden = false;
}
comes({ threshold: 0.33 });
addEventListener("scroll", () => comes({ rootMargin: "300px" }), { once: true, passive: true });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  document.querySelectorAll(".plot[data-drawn]").forEach((place) => draw(place));
});
