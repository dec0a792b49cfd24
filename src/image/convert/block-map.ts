/**
 * The block map of a base (bmap 2.0, the format of bmaptool): which of its blocks are in use, each range with its
 * SHA-256. It is what makes a multi-gigabyte base verifiable without hashing its free space, and lets `bmaptool copy`
 * write only what is in use.
 */
export const BLOCK_MAP_BLOCK_BYTES = 4096

/** Whole blocks but for the end of the base; `sha256` in hex, of the bytes as they are (the last block is not padded). */
export type MappedRange = Readonly<{
  offsetBytes: number
  lengthBytes: number
  /** Left out where none was made. */
  sha256?: string
}>

/**
 * The text of a .bmap file. `sha256` gives the digest of a text in hex: the file holds its own checksum, computed with
 * zeros in its place.
 */
export function formatBlockMap(
  imageBytes: number,
  ranges: readonly MappedRange[],
  sha256: (text: string) => string,
): string {
  const blocks = Math.ceil(imageBytes / BLOCK_MAP_BLOCK_BYTES)
  const lines = ranges.map(({ offsetBytes, lengthBytes, sha256: checksum }) => {
    const first = offsetBytes / BLOCK_MAP_BLOCK_BYTES
    const last = Math.ceil((offsetBytes + lengthBytes) / BLOCK_MAP_BLOCK_BYTES) - 1
    return {
      count: last - first + 1,
      text: `    <Range${checksum === undefined ? '' : ` chksum="${checksum}"`}> ${first === last ? first : `${first}-${last}`} </Range>`,
    }
  })
  const mapped = lines.reduce((sum, { count }) => sum + count, 0)
  const text = (checksum: string): string => `<?xml version="1.0" ?>
<!-- Blocks of the image that are in use. Those that are not listed are free space: their content means nothing. -->
<bmap version="2.0">
  <ImageSize> ${imageBytes} </ImageSize>
  <BlockSize> ${BLOCK_MAP_BLOCK_BYTES} </BlockSize>
  <BlocksCount> ${blocks} </BlocksCount>
  <MappedBlocksCount> ${mapped} </MappedBlocksCount>
  <ChecksumType> sha256 </ChecksumType>
  <BmapFileChecksum> ${checksum} </BmapFileChecksum>
  <BlockMap>
${lines.map((line) => `${line.text}\n`).join('')}  </BlockMap>
</bmap>
`
  return text(sha256(text('0'.repeat(64))))
}
