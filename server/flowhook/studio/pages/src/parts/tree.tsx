// A tree for keyboard and screen reader (role=tree): arrows walk and fold, Enter chooses.
import type { JSX } from "preact";
import { useMemo, useRef, useState } from "preact/hooks";

export interface TreeItem {
  id: string;
  label: string;
  detail?: string;
  badge?: string;
  children: TreeItem[];
}

interface Visible {
  item: TreeItem;
  level: number;
  parent: string | undefined;
  position: number;
  siblings: number;
}

export function Tree(props: { label: string; items: TreeItem[]; selected: string | undefined; onSelect: (id: string) => void }): JSX.Element {
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set());
  const [focused, setFocused] = useState<string>();
  const list = useRef<HTMLUListElement>(null);
  const visible = useMemo(() => visibleItems(props.items, folded), [props.items, folded]);
  const current = focused ?? props.selected ?? visible[0]?.item.id;
  const at = Math.max(0, visible.findIndex((one) => one.item.id === current));

  function focus(index: number): void {
    const wanted = visible[Math.max(0, Math.min(visible.length - 1, index))];
    if (!wanted) return;
    setFocused(wanted.item.id);
    requestAnimationFrame(() => list.current?.querySelector<HTMLElement>('[tabindex="0"]')?.focus());
  }

  function fold(id: string, closed: boolean): void {
    const next = new Set(folded);
    if (closed) next.add(id);
    else next.delete(id);
    setFolded(next);
  }

  function onKeyDown(event: KeyboardEvent): void {
    const here = visible[at];
    if (!here) return;
    const open = here.item.children.length > 0 && !folded.has(here.item.id);
    switch (event.key) {
      case "ArrowDown": focus(at + 1); break;
      case "ArrowUp": focus(at - 1); break;
      case "Home": focus(0); break;
      case "End": focus(visible.length - 1); break;
      case "ArrowRight":
        if (open) focus(at + 1);
        else fold(here.item.id, false);
        break;
      case "ArrowLeft":
        if (open) fold(here.item.id, true);
        else focus(visible.findIndex((one) => one.item.id === here.parent));
        break;
      case "Enter":
      case " ": props.onSelect(here.item.id); break;
      default: return;
    }
    event.preventDefault();
  }

  return (
    <ul class="tree" role="tree" aria-label={props.label} ref={list} onKeyDown={onKeyDown}>
      {visible.map(({ item, level, position, siblings }, index) => (
        <li
          key={item.id}
          role="treeitem"
          aria-label={[item.label, item.detail, item.badge].filter(Boolean).join(" ")}
          aria-level={level}
          aria-posinset={position}
          aria-setsize={siblings}
          aria-selected={item.id === props.selected}
          {...(item.children.length > 0 ? { "aria-expanded": !folded.has(item.id) } : {})}
          tabIndex={index === at ? 0 : -1}
          class={`level-${Math.min(level, 8)}`}
          onFocus={() => setFocused(item.id)}
          onClick={() => {
            setFocused(item.id);
            props.onSelect(item.id);
          }}
        >
          <span class="name">{item.label}</span>
          {item.detail && <span class="faint"> {item.detail}</span>}
          {item.badge && <> <span class="badge plain">{item.badge}</span></>}
        </li>
      ))}
    </ul>
  );
}

function visibleItems(items: TreeItem[], folded: ReadonlySet<string>, level = 1, parent?: string): Visible[] {
  return items.flatMap((item, index) => [
    { item, level, parent, position: index + 1, siblings: items.length },
    ...(folded.has(item.id) ? [] : visibleItems(item.children, folded, level + 1, item.id)),
  ]);
}
