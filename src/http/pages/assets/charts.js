/* Draws every figure[data-chart] with uPlot, in the page's colours, at the page's width. */
/* global uPlot */
(() => {
  const plots = new Map();
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  const DAY = 86_400;
  /* Least distance of ticks, how they are told, and how where the year changes. */
  const DATES = [
    [DAY * 365, "{YYYY}", null, null, null, null, null, null, 1],
    [DAY * 28, "{MMM}", "\n{YYYY}", null, null, null, null, null, 1],
    [DAY, "{D} {MMM}", "\n{YYYY}", null, null, null, null, null, 1],
  ];
  const minutes = (_, ticks) => ticks.map((tick) => `${tick}′`);

  function options(data, width) {
    const ink = colour("--muted");
    const grid = { stroke: colour("--line"), width: 1 };
    const format = new Intl.NumberFormat("en", { maximumFractionDigits: data.digits });
    const say = (value) => (value == null ? "–" : `${format.format(value)} ${data.unit}`.trim());
    const bars = data.kind === "bars" && data.series.length <= 2;
    const step = data.x.length > 1 ? data.x[1] - data.x[0] : DAY;
    const align = data.series.length === 1 ? [0] : [-1, 1];
    return {
      width,
      height: 192,
      // Dates are days: the same for everybody, wherever the browser is.
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
      cursor: { y: false },
      legend: { live: true },
      scales: {
        // Half a bar more on either side, or the outer ones are cut.
        x: {
          time: data.axis === "date",
          range: (_, low, high) => (bars ? [low - step / 2, high + step / 2] : [low, high]),
        },
        y: { range: (_, low, high) => range(low, high, bars) },
      },
      axes: [
        { stroke: ink, grid: { show: false }, ticks: grid, values: data.axis === "date" ? DATES : minutes },
        { stroke: ink, grid, ticks: grid, size: 60 },
      ],
      series: [
        {
          label: data.axis === "date" ? "Date" : "Minute",
          value: data.axis === "date" ? "{D} {MMM} {YYYY}" : undefined,
        },
        ...data.series.map(({ label }, i) => ({
          label,
          value: (_, value) => say(value),
          stroke: colour(`--plot-${(i % 3) + 1}`),
          fill: bars ? `${colour(`--plot-${(i % 3) + 1}`)}cc` : undefined,
          width: bars ? 0 : 2,
          spanGaps: data.axis === "date",
          points: { show: !bars && data.x.length <= 45, size: 5 },
          paths: bars ? uPlot.paths.bars({ size: [0.7 / data.series.length, 40], align: align[i] }) : undefined,
        })),
      ],
    };
  }

  /** Bars stand on zero; lines fill their room. */
  function range(low, high, bars) {
    if (low == null || high == null) return [0, 1];
    if (bars) return [0, high * 1.05 || 1];
    const room = (high - low || Math.abs(high) || 1) * 0.12;
    return [low >= 0 ? Math.max(0, low - room) : low - room, high + room];
  }

  function draw(figure) {
    const place = figure.querySelector(".plot");
    const data = JSON.parse(figure.dataset.chart);
    plots.get(place)?.destroy();
    place.textContent = "";
    // Only a place with something in it has a width.
    place.append(document.createElement("span"));
    const width = place.clientWidth;
    place.textContent = "";
    plots.set(place, new uPlot(options(data, width), [data.x, ...data.series.map((one) => one.values)], place));
  }

  function drawAll(within = document) {
    for (const place of plots.keys()) {
      if (place.isConnected) continue;
      plots.get(place).destroy();
      plots.delete(place);
    }
    within.querySelectorAll("figure[data-chart]").forEach(draw);
  }

  drawAll();
  document.addEventListener("charts:draw", (event) => drawAll(event.target));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawAll());
  let timer;
  addEventListener("resize", () => {
    clearTimeout(timer);
    timer = setTimeout(drawAll, 150);
  });
})();
