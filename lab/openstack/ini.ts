export type IniValue = string | number | boolean
export type Ini = Readonly<Record<string, Readonly<Record<string, IniValue>>>>

/** A configuration file as oslo.config and uWSGI read it. No value may hold a line break. */
export function ini(sections: Ini): string {
  return Object.entries(sections)
    .map(([section, options]) => {
      const lines = Object.entries(options).map(([key, value]) => `${key} = ${value}\n`)
      return `[${section}]\n${lines.join('')}`
    })
    .join('\n')
}
