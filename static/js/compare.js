// The chart of a comparison, and of an area's own rate. Its figures stand in a table on the page; without JavaScript that
// table is open and there is no chart.
(function () {
  "use strict";
  const box = document.getElementById("chart");
  if (!box || !window.echarts) return;
  const data = JSON.parse(box.dataset.chart);
  const vietnamese = document.documentElement.lang === "vi";
  const table = document.getElementById("days");
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  let chart = null;

  box.hidden = false;
  table.open = false;

  function number(value, decimals) {
    if (value === null || value === undefined) return "—";
    const text = Math.abs(value).toFixed(decimals).split(".");
    const whole = text[0].replace(/\B(?=(\d{3})+$)/g, vietnamese ? "." : ",");
    const sign = value < 0 ? "\u2212" : "";
    return sign + whole + (text.length > 1 ? (vietnamese ? "," : ".") + text[1] : "");
  }
  function token(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  }

  function edge(label, width) {
    const left = width - label.at * width / Math.max(1, data.days.length - 1);
    return left < label.text.length * 3.8 - 10;
  }

  // Labels over the chart, each in the first row where none before it is in the way.
  function rows(labels, width) {
    const each = width / Math.max(1, data.days.length - 1);
    const ends = [];
    return labels.map(function (label) {
      const half = label.text.length * 3.8 + 6;
      const middle = Math.min(Math.max(label.at * each, half - 40), width - half + 20);
      let row = 0;
      while (ends[row] !== undefined && ends[row] > middle - half) row += 1;
      ends[row] = middle + half;
      return row;
    });
  }

  function option() {
    const narrow = box.clientWidth < 560;
    const words = { color: token("--muc-2"), fontSize: narrow ? 12 : 13, fontFamily: getComputedStyle(box).fontFamily };
    const looks = {
      messaged: { colour: token("--so-da-nhan"), type: "solid", symbol: "circle" },
      not_yet: { colour: token("--so-chua-nhan"), type: "dashed", symbol: "emptyCircle" },
      rate: { colour: token("--cham"), type: "solid", symbol: "circle" },
    };
    const right = narrow ? 14 : 150, left = 46;
    const width = box.clientWidth - left - right;
    const labels = data.sent.map(function (s) { return { at: s.at, text: s.label, colour: token("--son") }; })
      .concat(data.breaks.map(function (b) { return { at: b.at, text: b.label, colour: token("--muc"), dashed: true }; }))
      .concat(data.holidays.map(function (h) { return { at: (h.from + h.to) / 2, text: h.label, from: h.from, to: h.to }; }));
    labels.sort(function (a, b) { return a.at - b.at; });
    const row = rows(labels, width);
    const highest = row.length ? Math.max.apply(null, row) + 1 : 0;
    const lines = [], shades = [];
    labels.forEach(function (label, i) {
      const base = Object.assign({}, words, { show: true, formatter: label.text });
      if (label.colour) {
        lines.push({
          xAxis: label.at, lineStyle: { color: label.colour, type: label.dashed ? "dashed" : "solid" },
          // At the right edge it ends with its line, so that nothing of it is cut off.
          label: Object.assign(base, { color: label.colour, fontWeight: 600, distance: 4 + 18 * row[i], align: edge(label, width) ? "right" : "center" }),
        });
      } else {
        const shade = Object.assign(base, { color: token("--hoe"), position: "top", distance: 4 + 18 * row[i], align: edge(label, width) ? "right" : "center" });
        shades.push([{ xAxis: Math.max(label.from - 0.5, 0), label: shade, name: label.text }, { xAxis: Math.min(label.to + 0.5, data.days.length - 1) }]);
      }
    });
    (data.targets || []).forEach(function (t) {
      lines.push({ yAxis: t.at, lineStyle: { color: token("--son"), type: "dashed" }, label: Object.assign({}, words, { show: true, formatter: t.label, color: token("--son"), fontWeight: 600, position: "insideStartTop" }) });
    });
    const known = data.series.filter(function (s) { return s.values.some(function (v) { return v !== null; }); });
    return {
      animation: !still && !box.classList.contains("on-paper"),
      animationDuration: 300,
      textStyle: words,
      grid: { left: left, right: right, top: (narrow ? 34 + 20 * known.length : 16) + 18 * highest, bottom: 30 },
      legend: { show: narrow, left: 0, top: 0, orient: "vertical", itemWidth: 26, itemGap: 4, textStyle: words, selectedMode: false },
      tooltip: {
        trigger: "axis", renderMode: "richText", confine: true, backgroundColor: token("--mat"), borderColor: token("--vien-2"),
        textStyle: Object.assign({}, words, { color: token("--muc") }),
        valueFormatter: function (value) { return number(value, 2); },
      },
      // A value axis, so that a shade can begin between two days.
      xAxis: {
        type: "value", min: 0, max: data.days.length - 1, minInterval: 1, splitNumber: narrow ? 3 : 7,
        axisLabel: Object.assign({}, words, { hideOverlap: true, formatter: function (v) { return data.days[v] || ""; } }),
        axisPointer: { label: { show: false }, snap: true },
        splitLine: { show: false }, axisTick: { show: false }, axisLine: { show: true, onZero: false, lineStyle: { color: token("--vien-2") } },
      },
      yAxis: {
        type: "value", max: data.most, axisLabel: Object.assign({}, words, { showMaxLabel: !data.most, formatter: function (v) { return number(v, v % 1 ? 1 : 0); } }),
        splitLine: { lineStyle: { color: token("--vien") } },
      },
      series: known.map(function (s, i) {
        const look = looks[s.group];
        return {
          name: narrow ? s.name + ": " + s.last : s.name, type: "line", symbol: look.symbol, symbolSize: data.days.length > 70 ? 0 : 6, showAllSymbol: true,
          // From the first known day on: a label at the end of a line that begins with none lies nowhere.
          data: s.values.map(function (value, at) { return [at, value]; }).slice(s.values.findIndex(function (v) { return v !== null; })), connectNulls: false,
          itemStyle: { color: look.colour }, lineStyle: { color: look.colour, type: look.type, width: 2.5 },
          endLabel: { show: !narrow, distance: 10, color: look.colour, fontWeight: 600, fontSize: 13, lineHeight: 17, width: 134, overflow: "break", formatter: s.name + "\n" + s.last },
          labelLayout: { moveOverlap: "shiftY" }, emphasis: { disabled: true },
          markLine: i ? undefined : { silent: true, symbol: "none", lineStyle: { width: 1.5 }, data: lines },
          markArea: i ? undefined : { silent: true, itemStyle: { color: token("--hoe-nhat"), opacity: 0.8 }, data: shades },
        };
      }),
    };
  }

  function draw() {
    if (chart) chart.dispose();
    chart = window.echarts.init(box, null, { renderer: "svg", locale: vietnamese ? "VI" : "EN" });
    const made = option();
    const tooltip = made.tooltip;
    tooltip.formatter = function (points) {
      const at = points[0].value[0];
      return [data.days[at]].concat(points.map(function (p) { return p.seriesName.split(":")[0] + ": " + number(p.value[1], 2); })).join("\n");
    };
    chart.setOption(made);
  }

  // On paper it is as wide as the paper, not as the window.
  function print(now) {
    box.classList.toggle("on-paper", now);
    draw();
  }

  draw();
  dark.addEventListener("change", draw);
  window.addEventListener("beforeprint", function () { print(true); });
  window.addEventListener("afterprint", function () { print(false); });
  let width = box.clientWidth, waiting = 0;
  window.addEventListener("resize", function () {
    clearTimeout(waiting);
    waiting = setTimeout(function () { if (box.clientWidth !== width) { width = box.clientWidth; draw(); } }, 150);
  });
})();
