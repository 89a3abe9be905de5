/** Activities as a list; each names its source as that provider's brand rules ask. */
import type { FC } from "hono/jsx";
import { publicId } from "../../../domain/wire.ts";
import { providerOf } from "../../../providers/index.ts";
import type { StoredActivity } from "../../../store/activities.ts";
import { count, dateOf, distance, duration, NONE, pace, sportName, timeOf } from "./words.ts";

export const activityPath = (activity: StoredActivity): string =>
  `/dashboard/activities/${encodeURIComponent(publicId(activity))}`;

export const activityTitle = ({ name, sport, sub_sport }: StoredActivity): string =>
  name || sportName(sport, sub_sport);

export const ActivityList: FC<{ activities: StoredActivity[]; zone: string }> = ({ activities, zone }) => (
  <ul class="activities">
    {activities.map((activity) => (
      <li>
        <a href={activityPath(activity)}>{activityTitle(activity)}</a>
        <span class="figure">
          {activity.distance_m ? distance(activity.distance_m) : duration(activity.moving_s ?? activity.elapsed_s)}
        </span>
        <small class="about">
          {[
            `${dateOf(activity.start_time, activity.utc_offset_s, zone)}, ${timeOf(activity.start_time, activity.utc_offset_s, zone)}`,
            sportName(activity.sport, activity.sub_sport),
          ].join(" · ")}
          {" · "}
          <Source activity={activity} />
        </small>
        <small class="figures">{figures(activity)}</small>
      </li>
    ))}
  </ul>
);

function figures({
  distance_m,
  moving_s,
  elapsed_s,
  sport,
  avg_speed_mps,
  avg_heart_rate_bpm,
}: StoredActivity): string {
  return [
    distance_m ? duration(moving_s ?? elapsed_s) : NONE,
    distance_m ? pace(sport, avg_speed_mps) : NONE,
    avg_heart_rate_bpm === null ? NONE : `${count(avg_heart_rate_bpm)} bpm`,
  ]
    .filter((text) => text !== NONE)
    .join(" · ");
}

/** The provider's name, as a link to the original where there is one. */
export const Source: FC<{ activity: StoredActivity }> = ({ activity }) => {
  const provider = providerOf(activity.provider);
  const link = provider?.attribution?.link?.(activity.external_id);
  if (!provider || !link) return <>{provider?.name ?? activity.provider}</>;
  return (
    <a class="original" href={link} rel="noreferrer">
      {`View on ${provider.name}`}
    </a>
  );
};

/** What brand rules ask to be read beside records of these providers, each once. */
export const Attributions: FC<{ of: Attributed[] }> = ({ of }) => {
  const texts = [...new Set(of.map(attributionText))].filter(Boolean);
  return texts.length > 0 ? (
    <p>
      <small>{texts.join(" · ")}</small>
    </p>
  ) : null;
};

interface Attributed {
  provider: string;
  device?: string | null;
}

function attributionText({ provider, device }: Attributed): string | undefined {
  const { text, with_device } = providerOf(provider)?.attribution ?? {};
  if (text === undefined || !with_device || !device) return text;
  return device.toLowerCase().startsWith(text.toLowerCase()) ? device : `${text} ${device}`;
}
