import type { EChartsOption } from 'echarts';

/** What a plot shows, in a form that the JSON report holds too. */
export type Plot =
  | {
      readonly kind: 'bars';
      readonly title: string;
      /** Of the values: `rows/s`. */
      readonly unit: string;
      readonly bars: readonly {
        readonly name: string;
        readonly value: number;
        readonly low?: number;
        readonly high?: number;
      }[];
    }
  | {
      readonly kind: 'lines';
      readonly title: string;
      readonly unit: string;
      /** Of the other axis: `rows of history`. */
      readonly xUnit: string;
      /** Both axes logarithmic: costs over sizes. */
      readonly logarithmic: boolean;
      readonly lines: readonly { readonly name: string; readonly points: readonly (readonly [number, number])[] }[];
    };

const WIDTH = 860;
const BAR_HEIGHT = 34;

/** The plot as SVG text, drawn without a browser. */
export async function renderPlot(plot: Plot): Promise<string> {
  const { init } = await import('echarts');
  const height = plot.kind === 'bars' ? 110 + plot.bars.length * BAR_HEIGHT : 420;
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height });
  try {
    chart.setOption(plot.kind === 'bars' ? barOption(plot) : lineOption(plot));
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}

const title = (text: string) => ({ text, left: 'center', textStyle: { fontSize: 15 } });

function barOption({ title: text, unit, bars }: Extract<Plot, { kind: 'bars' }>): EChartsOption {
  return {
    animation: false,
    backgroundColor: '#ffffff',
    title: title(text),
    grid: { left: 16, right: 90, top: 48, bottom: 40, containLabel: true },
    xAxis: { type: 'value', name: unit, nameLocation: 'middle', nameGap: 28 },
    yAxis: { type: 'category', inverse: true, data: bars.map(({ name }) => name) },
    series: [
      {
        type: 'bar',
        data: bars.map(({ value }) => value),
        barMaxWidth: 18,
        label: { show: true, position: 'right', formatter: ({ dataIndex }) => labelOf(bars[dataIndex]) },
      },
    ],
  };
}

function lineOption({ title: text, unit, xUnit, logarithmic, lines }: Extract<Plot, { kind: 'lines' }>): EChartsOption {
  const type = logarithmic ? 'log' : 'value';
  return {
    animation: false,
    backgroundColor: '#ffffff',
    title: title(text),
    legend: { bottom: 0 },
    grid: { left: 24, right: 40, top: 48, bottom: 84, containLabel: true },
    xAxis: { type, name: xUnit, nameLocation: 'middle', nameGap: 28 },
    yAxis: { type, name: unit },
    series: lines.map(({ name, points }) => ({ type: 'line', name, data: points.map(([x, y]) => [x, y]) })),
  };
}

function labelOf(bar: { value: number; low?: number; high?: number } | undefined): string {
  if (bar === undefined) return '';
  const { value, low, high } = bar;
  return low === undefined || high === undefined
    ? shortNumber(value)
    : `${shortNumber(value)} (${shortNumber(low)}–${shortNumber(high)})`;
}

/** 28,431 → 28k; 0.8123 → 0.81. */
export function shortNumber(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (size >= 1e6) return `${(value / 1e6).toFixed(1)}M`;
  if (size >= 10_000) return `${Math.round(value / 1_000)}k`;
  if (size >= 1_000) return `${(value / 1_000).toFixed(1)}k`;
  if (size >= 100) return String(Math.round(value));
  return size >= 10 ? value.toFixed(1) : value.toFixed(2);
}
