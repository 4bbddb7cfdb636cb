import type { PageRequirement } from "./data.ts";
import { CommandLine, Prose } from "./parts.tsx";

interface ReadingProps {
  readonly of: PageRequirement;
  /** The likely cause of a finding, or the usual ones. */
  readonly cause?: string | undefined;
  /** The command that explains more. */
  readonly explain: string;
}

/** The facts on a requirement beside its sentence: causes, the clause it comes from, and how to learn more. */
export function Background({ of, cause, explain }: ReadingProps) {
  return (
    <>
      <dl class="reading">
        {cause !== undefined && (
          <div>
            <dt>{cause === of.cause ? "Usual causes" : "Likely cause"}</dt>
            <dd>
              <Prose text={cause} />
            </dd>
          </div>
        )}
        {of.clause && (
          <div>
            <dt>Clause</dt>
            <dd>
              <Place of={of.clause} />
            </dd>
          </div>
        )}
      </dl>
      <p class="label">Explain it</p>
      <CommandLine text={explain} />
    </>
  );
}

/** The place of a clause, with a link where it stands in the web, and its words. */
const Place = ({ of: { place, link, says } }: { readonly of: NonNullable<PageRequirement["clause"]> }) => (
  <>
    {link.startsWith("https:") ? (
      <a href={link} rel="noreferrer">
        {place}
      </a>
    ) : (
      place
    )}
    {says !== undefined && (
      <>
        : “<Prose text={says} />”
      </>
    )}
  </>
);

/** The facts on a requirement that only a page of the documentation has: the faults that break it, and cases that did not run. */
export function FaultsAndOtherCases({ of }: { readonly of: PageRequirement }) {
  const { faults = [], others = [] } = of;
  return (
    <>
      {faults.length > 0 && (
        <details>
          <summary>Faults of the reference server that break it: {faults.length}</summary>
          <ul class="links">
            {faults.map(({ name, says }) => (
              <li key={name}>
                <code>{name}</code>: <Prose text={says} />
              </li>
            ))}
          </ul>
        </details>
      )}
      {others.length > 0 && (
        <details>
          <summary>Cases that test it and did not run: {others.length}</summary>
          <ul class="links">
            {others.map(({ id, title }) => (
              <li key={id}>
                <code>{id}</code>: {title}
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}
