type Child = Node | string | null | undefined | false;
type Attributes = Record<
  string,
  string | number | boolean | null | undefined | ((event: never) => void)
>;

/** An element. Text becomes text of the page, never markup. */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: (Child | Child[])[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === 'function')
      element.addEventListener(name.replace(/^on/, ''), value as EventListener);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  for (const child of children.flat())
    if (child !== null && child !== undefined && child !== false) element.append(child);
  return element;
}

/** Replaces the children of an element, unless they say the same as before: a reader keeps selection and focus. */
export function fill(element: HTMLElement, key: string, make: () => Child[]): void {
  if (element.dataset.key === key) return;
  element.dataset.key = key;
  const focused = document.activeElement;
  const again = focused && element.contains(focused) ? focused.getAttribute('data-focus') : null;
  element.replaceChildren(...make().filter((child): child is Node | string => Boolean(child)));
  if (again !== null)
    element.querySelector<HTMLElement>(`[data-focus="${CSS.escape(again)}"]`)?.focus();
}

const two = (value: number): string => String(value).padStart(2, '0');

/** `14:03:07`, in the reader's time zone. */
export function clockText(at: number): string {
  const date = new Date(at);
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

export function dateText(at: number): string {
  const date = new Date(at);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${clockText(at)}`;
}

/** `3 s`, `2 min 5 s`, `1 h 10 min`. */
export function spanText(ms: number): string {
  const seconds = Math.round(Math.abs(ms) / 1000);
  if (seconds < 1) return `${Math.round(Math.abs(ms))} ms`;
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600)
    return `${Math.floor(seconds / 60)} min${seconds % 60 ? ` ${seconds % 60} s` : ''}`;
  const minutes = Math.floor(seconds / 60);
  return `${Math.floor(minutes / 60)} h${minutes % 60 ? ` ${minutes % 60} min` : ''}`;
}

const isTime = (key: string, value: unknown): value is number =>
  typeof value === 'number' && value > 1e12 && value < 1e14 && !/bytes/i.test(key);

/** A value of a context or an event for people; times as times. */
export function valueText(key: string, value: unknown, at: number): string {
  if (value === null || value === undefined) return '–';
  if (isTime(key, value)) {
    const apart = value - at;
    const words =
      Math.abs(apart) < 500
        ? 'now'
        : apart < 0
          ? `${spanText(apart)} ago`
          : `in ${spanText(apart)}`;
    return `${clockText(value)} (${words})`;
  }
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'number' && /Ms$/.test(key)) return spanText(value);
  if (Array.isArray(value)) return value.map((one) => valueText('', one, at)).join(', ') || 'none';
  if (typeof value === 'object')
    return (
      Object.entries(value)
        .map(([name, inner]) => `${name} ${valueText(name, inner, at)}`)
        .join(', ') || 'none'
    );
  return String(value);
}
