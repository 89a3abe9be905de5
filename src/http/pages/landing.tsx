/** `GET /`: what this is, and the way in. */
import type { FC } from "hono/jsx";
import { PROVIDERS } from "../../providers/index.ts";
import type { Person } from "../../store/users.ts";
import type { Flash } from "../flash.ts";
import { FlashNotice, Layout, LinkButton } from "./parts/layout.tsx";

export interface WayIn {
  id: string;
  name: string;
  /** Without credentials it is named, not offered. */
  configured: boolean;
}

interface Landing {
  person: Person | null;
  waysIn: WayIn[];
  /** Providers are simulated on this machine. */
  simulated: boolean;
  closed: boolean;
  flash: Flash | null;
}

export const LandingPage: FC<Landing> = ({ person, waysIn, simulated, closed, flash }) => (
  <Layout title="Your fitness data in one place" person={person}>
    <FlashNotice flash={flash} />
    <section class="hero">
      <h1>Connect once. Keep all your training, sleep and health data in one place.</h1>
      <p>
        qt-connect links your fitness accounts and your phone’s health data, fetches your history, keeps up with what is
        new, and serves it – in one shape – on your dashboard and through one API.
      </p>
      {person ? (
        <p class="actions">
          <LinkButton class="wide" href="/dashboard">
            Go to your dashboard
          </LinkButton>
        </p>
      ) : (
        <SignIn waysIn={waysIn} simulated={simulated} closed={closed} />
      )}
    </section>
    <section class="two" aria-label="What you get">
      <article class="card">
        <h2>All of it arrives</h2>
        <p>
          Activities with their tracks, nights with their stages, steps, resting heart rate, HRV and hundreds of phone
          metrics. Your history is read backwards from today while new runs keep coming in.
        </p>
      </article>
      <article class="card">
        <h2>It stays yours</h2>
        <p>
          Disconnect a source and choose what becomes of its data. Export everything, or erase your account, with one
          button. Read it with your own key through the API.
        </p>
      </article>
    </section>
    <section>
      <h2>Sources</h2>
      <ul class="sources">
        {PROVIDERS.map(({ name }) => (
          <li>{name}</li>
        ))}
      </ul>
    </section>
  </Layout>
);

const SignIn: FC<Pick<Landing, "waysIn" | "simulated" | "closed">> = ({ waysIn, simulated, closed }) => {
  const offered = waysIn.filter(({ configured }) => configured);
  return (
    <>
      <p class="actions">
        {offered.map(({ id, name }) => (
          <LinkButton class={`wide ${id}`} href={`/api/oauth/connect/${id}?return_to=/dashboard`}>
            {`Sign in with ${name}${simulated ? " (simulated)" : ""}`}
          </LinkButton>
        ))}
      </p>
      {offered.length === 0 ? (
        <p class="notice warn">
          {`Nobody can sign in yet: ${waysIn.map(({ name }) => name).join(", ") || "no provider"} has no client id and secret on this server.`}
        </p>
      ) : null}
      {simulated ? (
        <p>
          <small>
            You are trying qt-connect on your own machine: a simulator plays the providers, with made-up people and two
            years of made-up training. Nothing leaves this computer.
          </small>
        </p>
      ) : null}
      {closed ? (
        <p>
          <small>
            New people come in by invitation. If you have an account, just sign in; if you want one, ask whoever runs
            this instance.
          </small>
        </p>
      ) : null}
    </>
  );
};
