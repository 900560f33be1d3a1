UPDATE treaties SET answer_by = now() + interval '1 day';
