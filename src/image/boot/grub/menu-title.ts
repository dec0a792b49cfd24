/** `menuentry "title" --class x --id 'y'`. */
export function titleOf(
  words: readonly Readonly<{ text: string }>[],
): Readonly<{ title: string; id: string }> {
  let title = ''
  let id = ''
  for (let index = 0; index < words.length; index += 1) {
    const text = words[index]?.text ?? ''
    if (text.startsWith('--id=')) id = text.slice('--id='.length)
    else if (/^--(class|users|hotkey|source|id)$/.test(text)) {
      index += 1
      if (text === '--id') id = words[index]?.text ?? ''
    } else if (!text.startsWith('--') && title === '') title = text
  }
  return { title, id }
}
