-- Versions of what two may edit: whoever changes it names the version that it has seen. They rise with every change,
-- whoever makes it.

CREATE TABLE npc_versions (
    npc_id INTEGER NOT NULL REFERENCES npcs ON DELETE CASCADE,
    version INTEGER NOT NULL,
    behavior_template JSONB NOT NULL,
    replaced_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    PRIMARY KEY (npc_id, version)
);

-- A template that is replaced is kept. Who writes a version of its own, as a load does, is believed.
CREATE FUNCTION npc_template_changed() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO npc_versions (npc_id, version, behavior_template)
    VALUES (OLD.id, OLD.version, OLD.behavior_template) ON CONFLICT DO NOTHING;
    NEW.version := greatest(NEW.version, OLD.version + 1);
    RETURN NEW;
END
$$;

CREATE TRIGGER template_changed BEFORE UPDATE ON npcs FOR EACH ROW
    WHEN (OLD.behavior_template IS DISTINCT FROM NEW.behavior_template) EXECUTE FUNCTION npc_template_changed();

ALTER TABLE worlds ADD settings_version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE alliances ADD version INTEGER NOT NULL DEFAULT 1;

CREATE FUNCTION world_settings_changed() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    NEW.settings_version := OLD.settings_version + 1;
    RETURN NEW;
END
$$;

CREATE TRIGGER settings_changed BEFORE UPDATE ON worlds FOR EACH ROW
    WHEN ((OLD.name, OLD.speed, OLD.status, OLD.settings) IS DISTINCT FROM
          (NEW.name, NEW.speed, NEW.status, NEW.settings)) EXECUTE FUNCTION world_settings_changed();

CREATE FUNCTION alliance_changed() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    NEW.version := OLD.version + 1;
    RETURN NEW;
END
$$;

CREATE TRIGGER alliance_changed BEFORE UPDATE ON alliances FOR EACH ROW
    WHEN ((OLD.name, OLD.tag, OLD.alliance_strategy, OLD.diplomatic_stance) IS DISTINCT FROM
          (NEW.name, NEW.tag, NEW.alliance_strategy, NEW.diplomatic_stance)) EXECUTE FUNCTION alliance_changed();

-- No two standing alliances of a world share a name or a tag; maps of real worlds do not always keep to it, so this
-- is a rule of ours and no constraint.
CREATE INDEX idx_alliances_tag ON alliances (world_id, tag);
