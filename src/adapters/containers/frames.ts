/**
 * Docker's multiplexed output, which Podman speaks too: an 8-byte header (stream, 0, 0, 0, length as u32 big-endian),
 * then that many bytes. https://docs.docker.com/reference/api/engine/ (ContainerAttach, "Stream format").
 */
export type Output = { stdout: string; stderr: string }

const STDERR = 2

/**
 * Reads to the end of the stream. What is not in frames counts as stderr: so an engine says, in the middle of the
 * stream, that it could not run the command.
 */
export async function readFrames(stream: AsyncIterable<Buffer | string>): Promise<Output> {
  const out: Buffer[] = []
  const err: Buffer[] = []
  let pending: Buffer = Buffer.alloc(0)
  for await (const chunk of stream) {
    pending = Buffer.concat([pending, Buffer.from(chunk)])
    let offset = 0
    while (pending.length - offset >= 8) {
      if ((pending[offset] ?? 0) > STDERR) {
        err.push(pending.subarray(offset))
        offset = pending.length
        break
      }
      const length = pending.readUInt32BE(offset + 4)
      if (pending.length - offset - 8 < length) break
      ;(pending[offset] === STDERR ? err : out).push(pending.subarray(offset + 8, offset + 8 + length))
      offset += 8 + length
    }
    pending = pending.subarray(offset)
  }
  if ((pending[0] ?? 0) > STDERR) err.push(pending)
  return { stdout: Buffer.concat(out).toString('utf8'), stderr: Buffer.concat(err).toString('utf8') }
}

/** As `readFrames`, in the order of arrival and as one text: what logs are read as. */
export async function readFramesInOrder(stream: AsyncIterable<Buffer | string>): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(Buffer.from(chunk))
  const all = Buffer.concat(chunks)
  // A container with a terminal has one raw stream; its first byte is text, where a frame's is 0, 1 or 2.
  if (all.length > 0 && (all[0] ?? 0) > STDERR) return all.toString('utf8')
  const parts: Buffer[] = []
  for (let offset = 0; offset + 8 <= all.length;) {
    const length = all.readUInt32BE(offset + 4)
    parts.push(all.subarray(offset + 8, offset + 8 + length))
    offset += 8 + length
  }
  return Buffer.concat(parts).toString('utf8')
}
