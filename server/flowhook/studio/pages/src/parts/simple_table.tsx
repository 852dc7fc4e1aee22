// A short list as a table.
import type { ComponentChildren, JSX } from "preact";

export function SimpleTable(props: { label: string; columns: string[]; rows: ComponentChildren[][] }): JSX.Element {
  return (
    <div class="wide" tabIndex={0} role="region" aria-label={props.label}>
      <table>
        <thead><tr>{props.columns.map((name) => <th scope="col" key={name}>{name}</th>)}</tr></thead>
        <tbody>{props.rows.map((row, index) => <tr key={index}>{row.map((cell, column) => <td key={column}>{cell}</td>)}</tr>)}</tbody>
      </table>
    </div>
  );
}
