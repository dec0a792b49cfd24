import type { Edition } from '../source/index.ts'
import { htmlIndex, htmlName, htmlPage } from './html.ts'
import { manualPages } from './pages.ts'
import { roffPage } from './roff.ts'

/** A file of the manual, its path from the folder that it is written to. */
export type ManualFile = Readonly<{ path: string; text: string }>

/** `man/man1/anneal.1`, `html/anneal.1.html`, …: the whole manual, twice. */
export async function manualFiles(edition: Edition): Promise<readonly ManualFile[]> {
  const pages = await manualPages()
  return [
    ...pages.map((page) => ({
      path: `man/man${page.section}/${page.name}.${page.section}`,
      text: roffPage(page, edition),
    })),
    ...pages.map((page) => ({ path: `html/${htmlName(page)}`, text: htmlPage(page, edition) })),
    { path: 'html/index.html', text: htmlIndex(pages, edition) },
  ]
}
