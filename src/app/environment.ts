/** Environment variables by name. Whoever calls a use case gives them: it never reads those of its own process. */
export type Environment = Readonly<Record<string, string | undefined>>
