import { StringDecoder } from 'node:string_decoder';

/** Nobody reads on in a line so long; `-o json` has all of it. */
const MOST_SHOWN = 64 * 1024;
/** Of a line that does not end, no more than this is kept. */
const MOST_KEPT = 1024 * 1024;

/** Each line cut to what is shown of it. What must not be shown is gone before: a cut would leave half of it. */
export const cutLines = (text: string): string =>
  text.length <= MOST_SHOWN ? text : text.split('\n').map(cutLine).join('\n');

const cutLine = (line: string): string =>
  line.length <= MOST_SHOWN ? line : `${line.slice(0, MOST_SHOWN)}… (${line.length - MOST_SHOWN} characters more)`;

/**
 * The stream itself, but that whole lines pass `clean` before they are written: a secret that comes in two pieces is hidden as well.
 * `flush` writes a last line that does not end.
 */
export function lineGate<Stream extends NodeJS.WritableStream>(
  stream: Stream,
  clean: (text: string) => string,
): Stream & { flush(): void } {
  const decoder = new StringDecoder('utf8');
  let kept: string[] = [];
  let keptLength = 0;
  let isTooLong = false;

  function take(): string {
    const text = kept.join('');
    kept = [];
    keptLength = 0;
    return text;
  }
  function write(chunk: string | Uint8Array): boolean {
    const text = typeof chunk === 'string' ? chunk : decoder.write(Buffer.from(chunk));
    const end = text.lastIndexOf('\n') + 1;
    let done = true;
    if (end > 0) {
      // The rest of a line whose beginning has been written.
      const begin = isTooLong ? text.indexOf('\n') + 1 : 0;
      isTooLong = false;
      const lines = take() + text.slice(begin, end);
      if (lines !== '') done = stream.write(clean(lines));
    }
    if (isTooLong || end === text.length) return done;
    kept.push(text.slice(end));
    keptLength += text.length - end;
    if (keptLength <= MOST_KEPT) return done;
    isTooLong = true;
    return stream.write(`${clean(take())}\n`);
  }
  const flush = (): void => {
    const rest = take() + decoder.end();
    if (rest !== '') stream.write(clean(rest));
  };
  return new Proxy(stream, {
    get(target, key) {
      if (key === 'write') return write;
      if (key === 'flush') return flush;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  }) as Stream & { flush(): void };
}
