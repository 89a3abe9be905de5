/** A chart that scripts draw from the figure's own data, with a table of the same values for everybody else. */
import type { FC } from "hono/jsx";

export interface ChartSeries {
  label: string;
  values: (number | null)[];
}

export interface ChartOf {
  title: string;
  /** One sentence that says what the picture shows, for who does not see it. */
  summary: string;
  kind: "bars" | "line";
  /** `date`: unix seconds of a day's midnight UTC; `minutes`: since a start. Ascending. */
  axis: "date" | "minutes";
  x: number[];
  series: ChartSeries[];
  unit: string;
  digits: number;
  /** A table with more rows than this shows evenly spaced ones. */
  rows?: number;
}

export const Chart: FC<ChartOf> = ({ title, summary, kind, axis, x, series, unit, digits, rows = 200 }) => {
  const format = new Intl.NumberFormat("en", { maximumFractionDigits: digits });
  const step = Math.max(1, Math.ceil(x.length / rows));
  const shown = x.map((_, i) => i).filter((i) => i % step === 0);
  // What is nearest to today, or to the start of a workout, comes first.
  if (axis === "date") shown.reverse();
  return (
    <figure class="chart" data-chart={JSON.stringify({ kind, axis, x, series, unit, digits })}>
      <div class="plot" role="img" aria-label={`${title}: ${summary}`}></div>
      <details>
        <summary>{`${title} as a table`}</summary>
        <section class="scroll" tabindex={0} aria-label={`${title}, table`}>
          <table>
            <thead>
              <tr>
                <th scope="col">{axis === "date" ? "Date" : "Minute"}</th>
                {series.map(({ label }) => (
                  <th scope="col" class="number">
                    {unit ? `${label} (${unit})` : label}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {shown.map((i) => (
                <tr>
                  <th scope="row">{axis === "date" ? dateText(x[i]!) : format.format(x[i]!)}</th>
                  {series.map(({ values }) => (
                    <td class="number">{values[i] == null ? "–" : format.format(values[i])}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      </details>
    </figure>
  );
};

const day = new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", day: "numeric", month: "short", year: "numeric" });
const dateText = (seconds: number): string => day.format(seconds * 1000);
