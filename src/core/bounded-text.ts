/**
 * A body as text (UTF-8), as long as it is no longer than `mostBytes`: else what `tooLong` makes is thrown, and no more is read. The
 * body is left as it is then: who owns it ends it.
 */
export async function boundedText(
  body: AsyncIterable<Uint8Array>,
  mostBytes: number,
  tooLong: () => Error,
): Promise<string> {
  const decoder = new TextDecoder()
  const texts: string[] = []
  let bytes = 0
  for await (const part of body) {
    bytes += part.length
    if (bytes > mostBytes) throw tooLong()
    texts.push(decoder.decode(part, { stream: true }))
  }
  return texts.join('') + decoder.decode()
}
