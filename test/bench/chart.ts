import { BarChart } from "echarts/charts";
import { GridComponent, TitleComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { stageNames } from "./stages.ts";
import { median, quantile } from "./timing.ts";

const INK = "#6e7781"; // readable on GitHub's light page and on its dark one

/** Median and p90 of every stage as bars, as SVG. */
export function drawChart(times: ReadonlyMap<string, readonly number[]>): string {
  use([BarChart, GridComponent, TitleComponent, SVGRenderer]);
  const names = [
    stageNames.node,
    stageNames.pre,
    stageNames.post,
    stageNames.mainAfterPre,
    stageNames.main,
    stageNames.key,
    stageNames.official,
  ];
  const bars = (figure: (values: readonly number[]) => number) =>
    names.map((name) => Math.round(figure(times.get(name) ?? [])));
  const label = { show: true, position: "right", color: INK } as const;
  const chart = init(null, null, { renderer: "svg", ssr: true, width: 820, height: 380 });
  chart.setOption({
    animation: false,
    title: {
      text: "What a step costs: milliseconds, median (dark) and p90 (light)",
      textStyle: { color: INK, fontSize: 14, fontWeight: "normal" },
    },
    grid: {
      left: 10,
      right: 60,
      top: 40,
      bottom: 10,
      outerBoundsMode: "same",
      outerBoundsContain: "axisLabel",
    },
    xAxis: {
      type: "value",
      axisLabel: { color: INK },
      splitLine: { lineStyle: { color: INK, opacity: 0.2 } },
    },
    yAxis: {
      type: "category",
      inverse: true,
      data: names,
      axisLabel: { color: INK },
      axisTick: { show: false },
    },
    series: [
      { type: "bar", data: bars(median), color: "#0969da", label },
      {
        type: "bar",
        data: bars((values) => quantile(values, 0.9)),
        color: "#54aeff",
        label,
      },
    ],
  });
  const svg = chart.renderToSVGString();
  chart.dispose(); // Its timer would keep the process alive.
  return svg;
}
