// A row of bars, one for each day: a picture for those who see it; the table beside it says the same.
import type { JSX } from "preact";

const HEIGHT = 160;
const WIDTH = 900;
const FOOT = 18;

export function Bars(props: { values: number[]; labels: string[] }): JSX.Element {
  const { values, labels } = props;
  const most = Math.max(1, ...values);
  const step = WIDTH / Math.max(1, values.length);
  const wide = Math.min(40, Math.max(1, step * 0.75));
  return (
    <svg class="bars" viewBox={`0 0 ${WIDTH} ${HEIGHT + FOOT}`} aria-hidden="true">
      {values.map((value, index) => {
        const height = (HEIGHT - 16) * (value / most);
        const x = index * step + (step - wide) / 2;
        return (
          <g key={index}>
            <rect x={x} y={HEIGHT - height} width={wide} height={height} />
            {values.length <= 31 && <text x={x + wide / 2} y={HEIGHT - height - 4} text-anchor="middle">{value || ""}</text>}
          </g>
        );
      })}
      <line x1="0" x2={WIDTH} y1={HEIGHT} y2={HEIGHT} />
      <text x="0" y={HEIGHT + FOOT - 4}>{labels[0]}</text>
      <text x={WIDTH} y={HEIGHT + FOOT - 4} text-anchor="end">{labels.length > 1 ? labels[labels.length - 1] : ""}</text>
    </svg>
  );
}
